#pragma once
// A gateway whose calls may have to wait: what waiting_test.cpp (for a first endpoint) and
// queueing_test.cpp (in a route's queue) share.

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/gateway/fixture.h"

namespace penstock::gateway {

inline testing::Script good() {
  return testing::json_script(200, testing::chat_answer("hello"));
}

/// A deployment "a" that may lack endpoints, before "b" if there is one.
class Waiting : public GatewayTest {
 protected:
  using Clients = std::vector<std::unique_ptr<testing::RawHttp>>;

  Waiting() : upstream_(good()) {}
  ~Waiting() override { let_go(); }

  snapshot::Deployment& add_cold(std::chrono::milliseconds max_wait = std::chrono::seconds(10),
                                 bool spill = true) {
    snapshot::Deployment& a = add_deployment("default/a", "m1", upstream_.port());
    a.endpoints.clear();
    a.cold_start = {.max_wait = max_wait, .spill_while_waiting = spill};
    return a;
  }
  static snapshot::Endpoint endpoint(std::uint16_t port) {
    return {.id = std::to_string(port), .host = "127.0.0.1", .port = port};
  }
  void first_endpoint() {
    document_.deployments[0].endpoints.push_back(endpoint(upstream_.port()));
    apply();
  }
  Clients send(std::size_t count, const std::string& key = kKey) {
    Clients out;
    for (std::size_t i = 0; i < count; ++i) {
      out.push_back(std::make_unique<testing::RawHttp>(port()));
      out.back()->send(testing::request_text("POST", kChat, headers({{"x-request-id", key}}, key),
                                             chat_body("m1")));
    }
    return out;
  }
  void expect_all(Clients& clients, int status) {
    for (auto& client : clients) {
      const auto got = client->read();
      EXPECT_TRUE(got.complete);
      EXPECT_EQ(got.status, status) << got.body;
    }
  }
  /// From now on the upstream answers nothing before let_go().
  void hold() {
    upstream_.set_handler([go_on = release_.get_future().share()](const auto&) {
      testing::Script script = good();
      script.before = [go_on](std::size_t i) {
        if (i == 0) {
          go_on.wait();
        }
      };
      return script;
    });
  }
  void let_go() {
    if (!released_) {
      released_ = true;
      release_.set_value();
    }
  }
  bool reached(const testing::Upstream& upstream, std::size_t calls) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (upstream.calls() < calls && std::chrono::steady_clock::now() < limit) {
      std::this_thread::yield();
    }
    return upstream.calls() >= calls;
  }
  std::size_t calls_with_id(const std::string& id) {
    std::size_t count = 0;
    for (const auto& seen : upstream_.seen()) {
      count += seen.header("x-request-id") == id ? 1U : 0U;
    }
    return count;
  }

  std::promise<void> release_;
  bool released_ = false;
  testing::Upstream upstream_;
};

}  // namespace penstock::gateway
