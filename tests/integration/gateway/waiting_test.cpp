// Calls that wait in the gateway: for a deployment's first endpoint, and in the queue of a route
// whose endpoints are full.

#include <future>
#include <thread>

#include "tests/integration/gateway/fixture.h"

namespace penstock::gateway {
namespace {

using namespace std::chrono_literals;
using testing::Script;
using testing::Upstream;

constexpr const char* kCold =
    R"(penstock_gateway_calls_waiting{deployment="default/a",reason="cold_start"})";
constexpr const char* kQueued =
    R"(penstock_gateway_calls_waiting{deployment="default/a",reason="queue"})";

Script good() {
  return testing::json_script(200, testing::chat_answer("hello"));
}

Script refusal(int status, const std::string& name = "", const std::string& value = "") {
  Script script = testing::json_script(status, "{}");
  if (!name.empty()) {
    script.headers.emplace_back(name, value);
  }
  return script;
}

/// A deployment "a" that may lack endpoints, before "b" if there is one.
class Waiting : public GatewayTest {
 protected:
  using Clients = std::vector<std::unique_ptr<testing::RawHttp>>;

  Waiting() : upstream_(good()) {}
  ~Waiting() override { let_go(); }

  snapshot::Deployment& add_cold(std::chrono::milliseconds max_wait = 10s, bool spill = true) {
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
      Script script = good();
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
  bool reached(const Upstream& upstream, std::size_t calls) {
    const auto limit = std::chrono::steady_clock::now() + 5s;
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
  Upstream upstream_;
};

TEST_F(Waiting, FiftyCallsGetTheFirstEndpointAndNoneGetsItTwice) {
  add_cold();
  add_route("default/r", {{"default/a"}});
  start(2);
  auto clients = send(50);
  ASSERT_TRUE(becomes(kCold, 50));
  EXPECT_EQ(demand_for("default/a").waiting_for_start, 50);
  EXPECT_GE(first_waits_, 1);
  EXPECT_LE(first_waits_, 2) << "once per core";
  first_endpoint();
  expect_all(clients, 200);
  EXPECT_EQ(upstream_.calls(), 50U);
  EXPECT_TRUE(becomes(kCold, 0));
  EXPECT_TRUE(becomes("penstock_gateway_requests_in_flight", 0));
  EXPECT_EQ(metric(R"(penstock_gateway_waits_total{route="default/r",reason="cold_start",)"
                   R"(end="released"})"),
            50);
}

TEST_F(Waiting, AnEndpointThatIsNotReadyYetIsWaitedFor) {
  snapshot::Deployment& a = add_cold();
  a.endpoints.push_back(endpoint(upstream_.port()));
  a.endpoints[0].ready = false;
  add_route("default/r", {{"default/a"}});
  start();
  auto clients = send(1);
  ASSERT_TRUE(becomes(kCold, 1));
  document_.limits.max_header_bytes = 32'000;
  apply();  // a change that brings no endpoint
  EXPECT_EQ(upstream_.calls(), 0U);
  document_.deployments[0].endpoints[0].ready = true;
  apply();
  expect_all(clients, 200);
}

TEST_F(Waiting, NewEndpointsShareThemByLoad) {
  Upstream other(good());
  add_cold();
  add_route("default/r", {{"default/a"}});
  start();
  auto clients = send(20);
  ASSERT_TRUE(becomes(kCold, 20));
  document_.deployments[0].endpoints.push_back(endpoint(other.port()));
  first_endpoint();
  expect_all(clients, 200);
  EXPECT_EQ(upstream_.calls(), 10U);
  EXPECT_EQ(other.calls(), 10U);
}

TEST_F(Waiting, NoHerdFallsOnTheFirstEndpoint) {
  hold();
  add_cold();
  add_route("default/r", {{"default/a"}});
  start();
  auto clients = send(100);
  ASSERT_TRUE(becomes(kCold, 100));
  first_endpoint();
  ASSERT_TRUE(reached(upstream_, 32));
  EXPECT_EQ(metric(kCold), 68) << "the rest waits until the endpoint has taken these";
  auto late = send(1);
  ASSERT_TRUE(becomes(kCold, 69)) << "and so does who comes now";
  EXPECT_EQ(upstream_.calls(), 32U);
  let_go();
  expect_all(clients, 200);
  expect_all(late, 200);
  EXPECT_EQ(upstream_.calls(), 101U);
}

TEST_F(Waiting, OneConsumersManyCallsDoNotStandBeforeAnothersOne) {
  hold();
  add_consumer("default/bob", "sk-bob");
  add_cold();
  add_route("default/r", {{"default/a"}});
  start();
  auto noisy = send(99);
  ASSERT_TRUE(becomes(kCold, 99));
  auto quiet = send(1, "sk-bob");
  ASSERT_TRUE(becomes(kCold, 100));
  first_endpoint();
  ASSERT_TRUE(reached(upstream_, 32));
  EXPECT_EQ(calls_with_id("sk-bob"), 1U) << "among the first of a hundred, though it came last";
  let_go();
  expect_all(quiet, 200);
  expect_all(noisy, 200);
}

TEST_F(Waiting, HigherPriorityGoesFirst) {
  hold();
  document_.consumers[add_consumer("default/bob", "sk-bob")].priority = 100;
  add_cold();
  add_route("default/r", {{"default/a"}});
  start();
  auto standard = send(40);
  ASSERT_TRUE(becomes(kCold, 40));
  auto interactive = send(32, "sk-bob");
  ASSERT_TRUE(becomes(kCold, 72));
  first_endpoint();
  ASSERT_TRUE(reached(upstream_, 32));
  EXPECT_EQ(calls_with_id("sk-bob"), 32U);
  let_go();
  expect_all(interactive, 200);
  expect_all(standard, 200);
}

TEST_F(Waiting, AClientThatLeavesLeavesTheLine) {
  add_cold();
  add_route("default/r", {{"default/a"}});
  start();
  auto clients = send(3);
  ASSERT_TRUE(becomes(kCold, 3));
  clients[1]->close();
  ASSERT_TRUE(becomes(kCold, 2));
  EXPECT_EQ(records_.nth(1).status, 499);
  first_endpoint();
  clients.erase(clients.begin() + 1);
  expect_all(clients, 200);
  EXPECT_EQ(upstream_.calls(), 2U) << "nothing was generated for nobody";
}

TEST_F(Waiting, TheWaitEndsAsTheDeploymentSays) {
  add_cold(150ms);
  add_route("default/r", {{"default/a"}});
  start();
  const auto began = std::chrono::steady_clock::now();
  const auto got = chat("m1");
  EXPECT_GE(std::chrono::steady_clock::now() - began, 150ms);
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.header("retry-after"), "1");
  EXPECT_NE(got.body.find(R"("code":"model_not_started")"), std::string::npos) << got.body;
  EXPECT_NE(got.body.find("No replica of `m1` became ready in the 0.2 s"), std::string::npos)
      << got.body;
  EXPECT_EQ(records_.nth(1).error_code, "model_not_started");
  EXPECT_GE(records_.nth(1).waited, 150ms);
  EXPECT_EQ(demand_for("default/a").arrivals, 1) << "it was wanted all the same";
}

TEST_F(Waiting, TheWaitEndsWithTheCallsOwnTime) {
  document_.limits.request_timeout = 100ms;
  add_cold(60s);
  add_route("default/r", {{"default/a"}});
  start();
  const auto got = chat("m1");
  EXPECT_EQ(got.status, 503);
  EXPECT_NE(got.body.find("0.1 s"), std::string::npos) << got.body;
}

TEST_F(Waiting, WithoutTheRuleNothingWaits) {
  add_cold().cold_start.reset();
  add_route("default/r", {{"default/a"}});
  start();
  const auto got = chat("m1");
  EXPECT_EQ(got.status, 503);
  EXPECT_NE(got.body.find("no_deployment_available"), std::string::npos) << got.body;
}

TEST_F(Waiting, ALowerTierTakesTheCallMeanwhile) {
  Upstream lower(good());
  add_cold();
  add_deployment("default/b", "m1", lower.port());
  add_route("default/r", {{"default/a"}, {"default/b"}});
  start();
  EXPECT_EQ(chat("m1").status, 200);
  EXPECT_EQ(lower.calls(), 1U);
  EXPECT_EQ(metric(kCold), 0);
  EXPECT_EQ(records_.nth(1).waited, 0ms);
  EXPECT_EQ(demand_for("default/a").spilled_calls, 1);
}

TEST_F(Waiting, ALowerTierDoesNotTakeTheCallWhenItMayNot) {
  Upstream lower(good());
  add_cold(10s, false);
  add_deployment("default/b", "m1", lower.port());
  add_route("default/r", {{"default/a"}, {"default/b"}});
  start();
  auto clients = send(1);
  ASSERT_TRUE(becomes(kCold, 1));
  first_endpoint();
  expect_all(clients, 200);
  EXPECT_EQ(lower.calls(), 0U);
}

TEST_F(Waiting, BodiesThatWaitAreBounded) {
  document_.limits.max_waiting_bytes = chat_body("m1").size() * 2;
  add_cold();
  add_route("default/r", {{"default/a"}});
  start(2);
  auto clients = send(2);
  ASSERT_TRUE(becomes(kCold, 2));
  const auto got = chat("m1");
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.header("retry-after"), "1");
  EXPECT_NE(got.body.find("waiting_calls_too_large"), std::string::npos) << got.body;
  clients[0]->close();
  ASSERT_TRUE(becomes(kCold, 1));
  auto next = send(1);
  ASSERT_TRUE(becomes(kCold, 2)) << "what left gave its bytes back";
  first_endpoint();
  clients.erase(clients.begin());
  expect_all(clients, 200);
  expect_all(next, 200);
}

TEST_F(Waiting, ARightThatWasTakenAwayMeanwhileEndsTheWait) {
  add_cold();
  add_route("default/r", {{"default/a"}});
  start();
  auto clients = send(1);
  ASSERT_TRUE(becomes(kCold, 1));
  document_.api_keys.clear();
  add_consumer("default/bob", "sk-bob");
  first_endpoint();
  expect_all(clients, 401);
  EXPECT_EQ(upstream_.calls(), 0U);
}

TEST_F(Waiting, ARouteThatGoesEndsTheWait) {
  add_cold();
  add_route("default/r", {{"default/a"}});
  start();
  auto clients = send(2);
  ASSERT_TRUE(becomes(kCold, 2));
  document_.routes.clear();
  apply();
  expect_all(clients, 404);
}

TEST_F(Waiting, AnEngineThatHasGoneIsWaitedForAsOneThatStarts) {
  add_cold().endpoints.push_back(endpoint(testing::LoopbackListener().port()));
  add_route("default/r", {{"default/a"}});
  start();
  auto clients = send(1);
  ASSERT_TRUE(becomes(kCold, 1));
  auto more = send(9);  // enough to open its breaker
  ASSERT_TRUE(becomes(kCold, 10));
  first_endpoint();
  expect_all(clients, 200);
  expect_all(more, 200);
  EXPECT_EQ(upstream_.calls(), 10U);
}

TEST_F(Waiting, AnEngineThatHasGoneIsAskedNowAndThen) {
  add_cold(1500ms).endpoints.push_back(endpoint(testing::LoopbackListener().port()));
  add_route("default/r", {{"default/a"}});
  start();
  EXPECT_EQ(chat("m1").status, 503);
  const auto record = records_.nth(1);
  EXPECT_EQ(record.error_code, "model_not_started");
  EXPECT_EQ(record.attempts, 2U) << "once a second";
}

TEST_F(Waiting, AnEngineThatFailsIsNotWaitedFor) {
  add_cold().endpoints.push_back(endpoint(upstream_.port()));
  upstream_.set_handler([](const auto&) { return testing::json_script(500, "{}"); });
  add_route("default/r", {{"default/a"}});
  start();
  EXPECT_EQ(chat("m1").status, 500);
}

TEST_F(Waiting, DrainRefusesWhatStillWaitsBeforeItCuts) {
  add_cold();
  add_route("default/r", {{"default/a"}});
  start(2);
  auto clients = send(10);
  ASSERT_TRUE(becomes(kCold, 10));
  server_->drain(500ms);
  for (auto& client : clients) {
    const auto got = client->read();
    EXPECT_TRUE(got.complete);
    EXPECT_EQ(got.status, 503);
    EXPECT_NE(got.body.find(R"("code":"draining")"), std::string::npos) << got.body;
    EXPECT_EQ(got.header("retry-after"), "1");
  }
}

TEST_F(Waiting, DrainLetsWaitingCallsHaveTheirEndpoint) {
  add_cold();
  add_route("default/r", {{"default/a"}});
  start();
  auto clients = send(10);
  ASSERT_TRUE(becomes(kCold, 10));
  auto drained = std::async(std::launch::async, [this] { server_->drain(10s); });
  EXPECT_EQ(drained.wait_for(50ms), std::future_status::timeout);
  first_endpoint();
  expect_all(clients, 200);
  EXPECT_EQ(drained.wait_for(5s), std::future_status::ready);
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
