// Calls that wait in the queue of a route whose endpoints are full.

#include "tests/integration/gateway/waiting_fixture.h"

namespace penstock::gateway {
namespace {

using namespace std::chrono_literals;
using testing::Script;
using testing::Upstream;

constexpr const char* kCold =
    R"(penstock_gateway_calls_waiting{deployment="default/a",reason="cold_start"})";
constexpr const char* kQueued =
    R"(penstock_gateway_calls_waiting{deployment="default/a",reason="queue"})";

Script refusal(int status, const std::string& name = "", const std::string& value = "") {
  Script script = testing::json_script(status, "{}");
  if (!name.empty()) {
    script.headers.emplace_back(name, value);
  }
  return script;
}

/// "a" has an endpoint, and the route a queue.
class Queueing : public Waiting {
 protected:
  snapshot::Route& serve(std::chrono::milliseconds max_wait, std::uint32_t depth) {
    add_deployment("default/a", "m1", upstream_.port());
    snapshot::Route& route = add_route("default/r", {{"default/a"}});
    route.resilience.queue = {.max_wait = max_wait, .max_depth = depth};
    return route;
  }
  /// The first `times` calls are answered so.
  void refuse_first(int times, const Script& script) {
    upstream_.set_handler([left = std::make_shared<std::atomic<int>>(times), script](const auto&) {
      return left->fetch_sub(1) > 0 ? script : good();
    });
  }
};

TEST_F(Queueing, AThrottledCallWaitsUntilItMayAskAgain) {
  refuse_first(1, refusal(429, "retry-after-ms", "200"));
  serve(10s, 10).resilience.attempts = 1;
  start();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(chat("m1").status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 200ms);
  EXPECT_EQ(upstream_.calls(), 2U);
  EXPECT_EQ(records_.nth(1).attempts, 2U);
}

TEST_F(Queueing, ManyCallsOutlastManyRefusals) {
  refuse_first(5, refusal(429, "retry-after-ms", "30"));
  serve(10s, 100);
  start(2);
  auto clients = send(30);
  expect_all(clients, 200);
  EXPECT_EQ(upstream_.calls(), 35U);
  EXPECT_TRUE(becomes(kQueued, 0));
}

TEST_F(Queueing, AnOverloadedEndpointIsAskedAgainWhenItAnswersAnother) {
  serve(60s, 10);
  start();
  hold();
  auto running = send(1);
  ASSERT_TRUE(reached(upstream_, 1));
  refuse_first(1, refusal(503));
  auto clients = send(1);
  ASSERT_TRUE(becomes(kQueued, 1));
  const auto began = std::chrono::steady_clock::now();
  let_go();
  expect_all(running, 200);
  expect_all(clients, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 900ms) << "its place was free at once";
  EXPECT_EQ(upstream_.calls(), 3U);
}

TEST_F(Queueing, AnOverloadedEndpointIsAskedAgainInTheEnd) {
  refuse_first(2, refusal(503));
  serve(60s, 10);
  start();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(chat("m1").status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 2s) << "but not over and over";
  EXPECT_EQ(upstream_.calls(), 3U);
}

TEST_F(Queueing, TheQueueIsNoLongerThanItMayBe) {
  refuse_first(100, refusal(429, "retry-after", "60"));
  serve(500ms, 3);
  start(2);
  auto first = send(1);
  ASSERT_TRUE(becomes(kQueued, 1));
  auto clients = send(12);
  int full = 0;
  int late = 0;
  for (auto& client : clients) {
    const auto got = client->read();
    EXPECT_EQ(got.status, 503);
    EXPECT_GE(std::stoi("0" + got.header("retry-after")), 1);
    full += got.body.find(R"("code":"queue_full")") != std::string::npos ? 1 : 0;
    late += got.body.find(R"("code":"queue_timeout")") != std::string::npos ? 1 : 0;
  }
  expect_all(first, 503);
  EXPECT_EQ(late, 2);
  EXPECT_EQ(full, 10);
}

TEST_F(Queueing, WithoutAQueueACallIsRefusedAtOnce) {
  refuse_first(100, refusal(429, "retry-after", "60"));
  serve(10s, 10).resilience.queue.reset();
  start();
  EXPECT_EQ(chat("m1").status, 429);
}

TEST_F(Queueing, ALowerTierGoesBeforeTheQueue) {
  Upstream lower(good());
  refuse_first(100, refusal(429, "retry-after", "60"));
  serve(10s, 10);
  add_deployment("default/b", "m1", lower.port());
  document_.routes[0].tiers.push_back({.backends = {{1, 1}}, .spill = {}});
  start();
  EXPECT_EQ(chat("m1").status, 200);
  EXPECT_EQ(lower.calls(), 1U);
}

TEST_F(Queueing, ColdCallsThatTheFirstEndpointRefusesKeepTheirPlace) {
  refuse_first(3, refusal(429, "retry-after-ms", "50"));
  serve(10s, 100);
  document_.deployments[0].endpoints.clear();
  document_.deployments[0].cold_start = {.max_wait = 10s, .spill_while_waiting = true};
  start();
  auto clients = send(40);
  ASSERT_TRUE(becomes(kCold, 40));
  first_endpoint();
  expect_all(clients, 200);
  EXPECT_EQ(upstream_.calls(), 43U);
}

}  // namespace
}  // namespace penstock::gateway
