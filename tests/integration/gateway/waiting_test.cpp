// Calls that wait in the gateway for a deployment's first endpoint.

#include "tests/integration/gateway/waiting_fixture.h"

namespace penstock::gateway {
namespace {

using namespace std::chrono_literals;
using testing::Script;
using testing::Upstream;

constexpr const char* kCold =
    R"(penstock_gateway_calls_waiting{deployment="default/a",reason="cold_start"})";

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

}  // namespace
}  // namespace penstock::gateway
