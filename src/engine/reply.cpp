#include "engine/reply.h"

#include <utility>

namespace penstock::engine {
namespace {

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return content_type.empty() || net::iequals(type.substr(0, 16), "application/json") ||
         type.ends_with("+json");
}

}  // namespace

net::Task<void> reply_json(net::Exchange& exchange, std::string body) {
  exchange.set_status(200);
  exchange.add_header("content-type", "application/json");
  co_await exchange.send(body);
}

net::Task<void> reply_error(net::Exchange& exchange, ApiError error) {
  exchange.set_status(error.status);
  exchange.add_header("content-type", "application/json");
  const std::string body = error.body();
  co_await exchange.send(body);
}

net::Task<std::optional<std::string_view>> read_json_body(net::Exchange& exchange) {
  using Body = std::optional<std::string_view>;
  if (!is_json(exchange.head().headers.get(net::Known::kContentType))) {
    co_await reply_error(exchange, bad_request("Unsupported Media Type: Only 'application/json' is "
                                               "allowed"));
    co_return Body();
  }
  const auto body = co_await exchange.read_body();
  if (body) {
    co_return Body(*body);
  }
  if (body.error().code() != Code::kCancelled) {
    co_await reply_error(
        exchange, status_error(info(body.error().code()).http_status, body.error().message()));
  }
  co_return Body();
}

}  // namespace penstock::engine
