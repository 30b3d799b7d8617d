// Several loops on threads of their own, one port: what ThreadSanitizer should see.

#include <atomic>

#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/http_server.h"

namespace penstock::net {
namespace {

class Count final : public Handler {
 public:
  Task<void> handle(Exchange& exchange) override {
    ++requests;
    co_await exchange.write("counted ");
    co_await exchange.finish(exchange.head().target);
  }
  int requests = 0;  // of this core alone
};

struct Core {
  Core(Loop& loop, ListenSocket socket) : server(loop, handler, {}) {
    server.listen(std::move(socket));
  }
  Count handler;
  HttpServer server;
};

Task<void> one_call(ClientPool& pool, Origin& origin, int& good, int& left) {
  {
    ClientCall call(pool, origin);
    const auto sent =
        co_await call.send("GET /x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", {});
    if (sent) {
      const auto head = co_await call.read_head();
      if (head) {
        const auto body = co_await call.read_all(1000);
        good += body && *body == "counted /x" ? 1 : 0;
      }
    }
  }
  --left;
}

Task<void> drain(HttpServer& server, std::atomic<int>& drained) {
  co_await server.drain(std::chrono::seconds(10));
  drained.fetch_add(1);
  drained.notify_all();
}

TEST(CoresTest, ServeOnePortTogether) {
  constexpr int kCalls = 200;
  LoopGroup group(2);
  auto first = ListenSocket::open("127.0.0.1", 0);
  ASSERT_TRUE(first.has_value());
  const std::uint16_t port = first->port();
  auto second = ListenSocket::open("127.0.0.1", port, true);
  ASSERT_TRUE(second.has_value());
  Core one(group[0], std::move(*first));
  Core two(group[1], std::move(*second));
  group.start();

  Loop loop;
  int good = 0;
  int left = kCalls;
  ClientPool pool(loop);
  Origin& origin = pool.origin({.host = "127.0.0.1", .port = port});
  for (int i = 0; i < kCalls; ++i) {
    spawn(one_call(pool, origin, good, left));
  }
  loop.run_until([&] { return left == 0; });
  EXPECT_EQ(good, kCalls);

  std::atomic<int> drained{0};
  group[0].post([&] { spawn(drain(one.server, drained)); });
  group[1].post([&] { spawn(drain(two.server, drained)); });
  for (int now = drained.load(); now != 2; now = drained.load()) {
    drained.wait(now);
  }
  group.stop();
  EXPECT_EQ(one.handler.requests + two.handler.requests, kCalls);
  EXPECT_GT(one.handler.requests, 0);
  EXPECT_GT(two.handler.requests, 0);
}

}  // namespace
}  // namespace penstock::net
