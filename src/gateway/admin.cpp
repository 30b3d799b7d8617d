#include "gateway/admin.h"

#include "telemetry/exposition.h"

namespace penstock::gateway {

net::Task<void> Admin::handle(net::Exchange& exchange) {
  const net::RequestHead& head = exchange.head();
  const std::string_view path = head.path();
  std::string body =
      "not found: the paths here are /metrics, /demand, /livez, /readyz, /snapshot-version\n";
  std::string_view type = "text/plain";
  int status = 404;
  if (head.method != net::Method::kGet && head.method != net::Method::kHead) {
    status = 405;
    body = "only GET\n";
    exchange.add_header("allow", "GET, HEAD");
  } else if (path == "/metrics") {
    status = 200;
    body = sources_.metrics();
    type = telemetry::kExpositionContentType;
  } else if (path == "/demand") {
    status = 200;
    body = sources_.demand() + "\n";
    type = "application/json";
  } else if (path == "/livez") {
    status = 200;
    body = "ok\n";
  } else if (path == "/readyz") {
    const bool ready = sources_.ready();
    status = ready ? 200 : 503;
    body = ready ? "ok\n" : "draining\n";
  } else if (path == "/snapshot-version") {
    status = 200;
    body = sources_.snapshot_version() + "\n";
  }
  exchange.set_status(status);
  exchange.add_header("content-type", type);
  co_await exchange.send(body);
}

}  // namespace penstock::gateway
