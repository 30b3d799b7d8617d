// A whole server connection: any bytes in any pieces give well-formed answers or a closed
// connection, one answer per request, and never a hang.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/body_decoder.h"
#include "net/http_parse.h"
#include "net/http_server.h"
#include "net/memory_stream.h"
#include "tests/fuzz/check.h"
#include "tests/unit/net/manual_clock.h"

namespace {

using namespace penstock::net;
using penstock::fuzz::check;

class Echo final : public Handler {
 public:
  penstock::net::Task<void> handle(Exchange& exchange) override {
    ++requests;
    const std::string_view path = exchange.head().path();
    if (path == "/unread") {
      co_await exchange.send("unread");
      co_return;
    }
    if (path == "/stream") {
      for (;;) {
        const auto piece = co_await exchange.read_body_some();
        if (!piece || piece->empty()) {
          break;
        }
        co_await exchange.write(*piece);
      }
      co_await exchange.finish();
      co_return;
    }
    const auto body = co_await exchange.read_body();
    if (!body) {
      exchange.set_status(penstock::info(body.error().code()).http_status);
      co_await exchange.send(body.error().message());
      co_return;
    }
    co_await exchange.send(*body);
  }
  std::size_t requests = 0;
};

/// Every answer that is complete is well-formed; returns how many final ones there are.
std::size_t check_answers(std::string text, std::string_view requests) {
  std::size_t answers = 0;
  const bool may_be_head = requests.find("HEAD ") != std::string_view::npos;
  while (!text.empty() && !may_be_head) {
    HeadScanner scanner;
    check(scanner.scan(text, 1 << 20) == HeadScanner::State::kComplete, "an answer has a head");
    ResponseHead head;
    check(parse_response_head(std::string_view(text).substr(0, scanner.length()), false, head) ==
              HeadFault::kNone,
          "which parses");
    const Framing framing = head.framing;
    BodyDecoder body(framing, head.content_length);
    const bool final = head.status != 100;
    text.erase(0, scanner.length());
    const auto step = body.decode({text.data(), text.size()});
    check(!body.failed(), "its body is well framed");
    text.erase(0, step.used);
    answers += final ? 1U : 0U;
    if (!body.done()) {
      check(text.empty(), "only the last may be cut");
    }
  }
  return answers;
}

Task<void> drain(HttpServer& server, bool& done) {
  co_await server.drain(std::chrono::milliseconds(1));
  done = true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::string_view wire(reinterpret_cast<const char*>(data) + 2, size - 2);
  ManualClock clock;
  Loop loop(clock);
  Echo echo;
  ServerOptions options;
  options.max_header_bytes = 512;
  options.max_body_bytes = 2048;
  HttpServer server(loop, echo, options);
  auto pair = MemoryStream::make(loop);
  server.serve(std::move(pair.stream));
  const std::size_t step = data[0] == 255 ? wire.size() + 1 : data[0] + 1U;
  for (std::size_t at = 0; at < wire.size(); at += step) {
    pair.peer->send(wire.substr(at, step));
    if ((data[1] & 1U) != 0) {
      loop.poll();
    }
  }
  if ((data[1] & 2U) != 0) {
    pair.peer->finish();
  }
  bool done = false;
  loop.poll();
  spawn(drain(server, done));
  for (int i = 0; i < 100 && !done; ++i) {
    clock.advance(std::chrono::seconds(1));
    loop.fire_timers();
    loop.poll();
  }
  check(done, "every connection ends");
  const std::size_t answers = check_answers(pair.peer->received(), wire);
  check(answers <= echo.requests + 1, "no more answers than requests, and one refusal");
  return 0;
}
