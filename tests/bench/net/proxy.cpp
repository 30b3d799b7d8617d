// The least that a proxy on src/net can be: no routing, no JSON, no metrics. What it costs per call
// is the floor of the gateway's own cost (docs/benchmarks.md).
//
//   bench_net_proxy LISTEN_PORT UPSTREAM_PORT

#include <cstdio>
#include <cstdlib>
#include <string>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/http_writer.h"

namespace {

using namespace penstock::net;

class Proxy final : public Handler {
 public:
  Proxy(Loop& loop, std::uint16_t port)
      : pool_(loop), origin_(pool_.origin({.host = "127.0.0.1", .port = port})) {}

  Task<void> handle(Exchange& exchange) override {
    const auto body = co_await exchange.read_body();
    if (!body) {
      exchange.set_status(400);
      co_await exchange.send({});
      co_return;
    }
    ClientCall call(pool_, origin_);
    OnCancel watch(exchange.disconnected(), [&call] { call.abort(); });
    call.set_timeout(std::chrono::seconds(30));
    std::string head;
    head.reserve(512);
    append_request_line(head, exchange.head().method_name, exchange.head().target);
    append_header(head, "host", "upstream");
    append_header(head, "content-type", exchange.head().headers.get(Known::kContentType));
    append_header(head, "content-length", body->size());
    append_end(head);
    const auto sent = co_await call.send(head, *body);
    if (!sent) {
      exchange.set_status(502);
      co_await exchange.send(sent.error().detail);
      co_return;
    }
    const auto answer = co_await call.read_head();
    if (!answer) {
      exchange.set_status(502);
      co_await exchange.send(answer.error().detail);
      co_return;
    }
    exchange.set_status((*answer)->status);
    exchange.add_header("content-type", (*answer)->headers.get(Known::kContentType));
    if ((*answer)->framing == Framing::kLength) {
      const auto whole = co_await call.read_all(64U << 20U);
      if (whole) {
        co_await exchange.send(*whole);
      }
      co_return;
    }
    for (;;) {
      call.set_timeout(std::chrono::seconds(30));
      const auto piece = co_await call.read_body();
      if (!piece) {
        co_return;
      }
      if (call.complete()) {
        co_await exchange.finish(*piece);
        co_return;
      }
      const IoStatus status = co_await exchange.write(*piece);
      if (status != IoStatus::kOk) {
        co_return;
      }
    }
  }

 private:
  ClientPool pool_;
  Origin& origin_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_net_proxy LISTEN_PORT UPSTREAM_PORT\n");
    return 2;
  }
  Loop loop;
  Proxy proxy(loop, static_cast<std::uint16_t>(std::atoi(argv[2])));
  HttpServer server(loop, proxy, {});
  auto socket = ListenSocket::open("127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[1])));
  if (!socket) {
    std::fprintf(stderr, "%s\n", socket.error().message().c_str());
    return 1;
  }
  server.listen(std::move(*socket));
  loop.run();
  return 0;
}
