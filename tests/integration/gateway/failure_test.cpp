// Upstreams that refuse, break and stall: what the client sees, what is tried instead, what the
// books say.

#include <future>

#include "tests/integration/gateway/fixture.h"

namespace penstock::gateway {
namespace {

using namespace std::chrono_literals;
using testing::Script;
using testing::Upstream;

Script hang_before_answer() {
  Script script;
  script.answer_nothing = true;
  script.end = Script::End::kHang;
  return script;
}

Script with_headers(Script script, std::vector<std::pair<std::string, std::string>> more) {
  script.headers.insert(script.headers.end(), more.begin(), more.end());
  return script;
}

/// Two upstreams, "a" preferred (tier 0) over "b" (tier 1).
class Failure : public GatewayTest {
 protected:
  void serve(Script first, Script second) {
    a_ = std::make_unique<Upstream>(std::move(first));
    b_ = std::make_unique<Upstream>(std::move(second));
    add_deployment("default/a", "m1", a_->port());
    add_deployment("default/b", "m1", b_->port());
    route_ = &add_route("default/r", {{"default/a"}, {"default/b"}});
  }
  void serve_one(Script only) {
    a_ = std::make_unique<Upstream>(std::move(only));
    add_deployment("default/a", "m1", a_->port());
    route_ = &add_route("default/r", {{"default/a"}});
  }

  std::unique_ptr<Upstream> a_;
  std::unique_ptr<Upstream> b_;
  snapshot::Route* route_ = nullptr;
};

const Script kGood = testing::json_script(200, testing::chat_answer("from b"));

TEST_F(Failure, ServerErrorsAndDeadAddressesGoToTheNextCandidate) {
  Script reset;
  reset.answer_nothing = true;
  reset.end = Script::End::kReset;
  std::size_t round = 0;
  for (Script bad : {testing::json_script(500, "{}"), testing::json_script(502, ""),
                     testing::json_script(503, "{}"), testing::json_script(401, "{}"), reset}) {
    document_.deployments.clear();
    document_.routes.clear();
    serve(bad, kGood);
    start();
    const auto got = chat("m1");
    EXPECT_EQ(got.status, 200) << bad.status;
    EXPECT_EQ(got.body, testing::chat_answer("from b"));
    EXPECT_EQ(a_->calls(), 1U);
    EXPECT_EQ(records_.nth(++round).attempts, 2U);
    EXPECT_EQ(metric("penstock_gateway_requests_in_flight"), 0);
    server_.reset();
  }
}

TEST_F(Failure, RefusedConnectionGoesToTheNextCandidate) {
  serve(kGood, kGood);
  const std::uint16_t dead = testing::LoopbackListener().port();
  document_.deployments[0].endpoints[0].port = dead;
  start();
  EXPECT_EQ(chat("m1").status, 200);
  EXPECT_EQ(b_->calls(), 1U);
}

TEST_F(Failure, TheOnlyUpstreamsOwnErrorReachesTheClient) {
  serve_one(testing::json_script(500, R"({"error":{"message":"boom","type":"server_error"}})"));
  start();
  const auto got = chat("m1");
  EXPECT_EQ(got.status, 500);
  EXPECT_EQ(got.body, R"({"error":{"message":"boom","type":"server_error"}})");
  EXPECT_EQ(a_->calls(), 1U) << "one endpoint, one try";
}

TEST_F(Failure, OurRefusedCredentialIsNotTheClients) {
  serve_one(testing::json_script(401, R"({"error":{"message":"bad sk-upstream"}})"));
  start();
  const auto got = chat("m1");
  EXPECT_EQ(got.status, 502);
  EXPECT_EQ(got.body.find("sk-upstream"), std::string::npos);
}

TEST_F(Failure, ClientsFaultsAreNotRetried) {
  for (const char* code : {"content_filter", "context_length_exceeded"}) {
    document_.deployments.clear();
    document_.routes.clear();
    const std::string body = std::string(R"({"error":{"code":")") + code + R"("}})";
    serve(testing::json_script(400, body), kGood);
    start();
    const auto got = chat("m1");
    EXPECT_EQ(got.status, 400);
    EXPECT_EQ(got.body, body);
    EXPECT_EQ(b_->calls(), 0U);
    server_.reset();
  }
}

TEST_F(Failure, InsufficientQuotaIsPassedOn) {
  const std::string body = R"({"error":{"code":"insufficient_quota","type":"insufficient_quota"}})";
  serve(testing::json_script(429, body), kGood);
  start();
  const auto got = chat("m1");
  EXPECT_EQ(got.status, 429);
  EXPECT_EQ(got.body, body);
  EXPECT_EQ(b_->calls(), 0U);
}

TEST_F(Failure, ThrottledDeploymentIsLeftAloneAndSpills) {
  serve(with_headers(testing::json_script(429, "{}"), {{"retry-after-ms", "60000"}}), kGood);
  start();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(chat("m1").status, 200);
  }
  EXPECT_EQ(a_->calls(), 1U) << "not asked again before its time";
  EXPECT_EQ(b_->calls(), 5U);
  EXPECT_EQ(
      metric(
          R"(penstock_gateway_upstream_retries_total{deployment="default/a",reason="throttled"})"),
      1);
}

TEST_F(Failure, AllThrottledGives429WithTheLeastWait) {
  serve(with_headers(testing::json_script(429, "{}"), {{"retry-after", "7"}}),
        with_headers(testing::json_script(429, "{}"), {{"retry-after-ms", "2500"}}));
  start();
  for (int i = 0; i < 2; ++i) {
    const auto got = chat("m1");
    EXPECT_EQ(got.status, 429);
    const int ms = std::stoi("0" + got.header("retry-after-ms"));
    EXPECT_GT(ms, 1'500);
    EXPECT_LE(ms, 2'500);
    EXPECT_EQ(std::stoi("0" + got.header("retry-after")), (ms + 999) / 1'000);
    EXPECT_NE(got.body.find(R"("code":"rate_limit_exceeded")"), std::string::npos);
  }
  EXPECT_EQ(a_->calls() + b_->calls(), 2U);
}

TEST_F(Failure, BreakerOpensAndAttemptsStayBounded) {
  serve(testing::json_script(500, "{}"), kGood);
  route_->resilience.breaker_consecutive_failures = 3;
  start();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(chat("m1").status, 200);
  }
  EXPECT_EQ(a_->calls(), 3U);
  EXPECT_EQ(metric(R"(penstock_gateway_breaker_opened_total{deployment="default/a"})"), 1);
}

TEST_F(Failure, BreakerProbesOnceAndCloses) {
  serve(testing::json_script(500, "{}"), kGood);
  route_->resilience.breaker_consecutive_failures = 1;
  route_->resilience.breaker_open_for = 150ms;
  start();
  EXPECT_EQ(chat("m1").status, 200);
  EXPECT_EQ(chat("m1").status, 200);
  EXPECT_EQ(a_->calls(), 1U);
  a_->set_handler(
      [](const auto&) { return testing::json_script(200, testing::chat_answer("from a")); });
  const auto until = std::chrono::steady_clock::now() + 5s;
  while (chat("m1").body != testing::chat_answer("from a") &&
         std::chrono::steady_clock::now() < until) {
  }
  EXPECT_EQ(a_->calls(), 2U) << "the first probe succeeds and closes it";
  EXPECT_EQ(chat("m1").body, testing::chat_answer("from a"));
}

TEST_F(Failure, UpstreamWithoutStreamOptionsIsStillServed) {
  serve_one({});
  a_->set_handler([](const testing::UpstreamRequestSeen& request) {
    if (request.body.find("stream_options") != std::string::npos) {
      return testing::json_script(
          400, R"({"error":{"message":"Unrecognized request argument: stream_options"}})");
    }
    return testing::stream_script({.usage = false});
  });
  start();
  for (int i = 1; i <= 3; ++i) {
    const auto got = chat("m1", true);
    EXPECT_EQ(got.status, 200);
    EXPECT_TRUE(got.body.ends_with("data: [DONE]\n\n"));
    EXPECT_EQ(got.headers.count("content-type"), 1U);
    EXPECT_EQ(records_.nth(static_cast<std::size_t>(i)).usage.output, 3);
    EXPECT_TRUE(records_.nth(static_cast<std::size_t>(i)).estimated);
  }
  EXPECT_EQ(a_->calls(), 4U) << "learnt once";
  const auto asked =
      post(kChat, R"({"model":"m1","stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(asked.status, 400) << "what the client asked for is the client's affair";
}

TEST_F(Failure, AttemptsAreLimited) {
  serve(testing::json_script(500, R"({"from":"a"})"), kGood);
  route_->resilience.attempts = 1;
  start();
  EXPECT_EQ(chat("m1").status, 500);
  EXPECT_EQ(b_->calls(), 0U);
}

TEST_F(Failure, StalePooledConnectionIsNoFailure) {
  Script once = testing::json_script(200, testing::chat_answer("x"));
  once.end = Script::End::kProperClose;
  serve_one(once);
  route_->resilience.breaker_consecutive_failures = 1;
  start();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(chat("m1").status, 200) << i;
  }
}

TEST_F(Failure, HangBeforeTheHeadFailsOver) {
  serve(hang_before_answer(), kGood);
  route_->resilience.per_try_timeout = 100ms;
  start();
  const auto got = chat("m1");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, testing::chat_answer("from b"));
  EXPECT_TRUE(a_->wait_for_departures(1, 1s));
}

TEST_F(Failure, NoFirstTokenFailsOverToOneCleanStream) {
  Script stalled = testing::stream_script({});
  stalled.pieces.clear();
  stalled.end = Script::End::kHang;
  Script good = testing::stream_script({.usage = false});
  serve(stalled, good);
  route_->resilience.time_to_first_token_timeout = 100ms;
  start();
  const auto got = chat("m1", true);
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(got.complete);
  std::string want;
  for (const auto& event : good.pieces) {
    want += event;
  }
  EXPECT_EQ(got.body, want);
  EXPECT_EQ(got.headers.count("content-type"), 1U) << "nothing of the first try's head is left";
  EXPECT_EQ(got.headers.count("x-request-id"), 1U);
}

TEST_F(Failure, NobodyAnswersInTime) {
  serve_one(hang_before_answer());
  route_->resilience.per_try_timeout = 50ms;
  start();
  EXPECT_EQ(chat("m1").status, 504);
}

TEST_F(Failure, RequestTimeoutBoundsEverything) {
  serve(hang_before_answer(), hang_before_answer());
  document_.limits.request_timeout = 150ms;
  start();
  const auto began = std::chrono::steady_clock::now();
  const auto got = chat("m1");
  EXPECT_EQ(got.status, 504);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
}

/// What a stream that broke must look like: everything that came, then an error event, no [DONE].
void expect_honest_end(const testing::HttpAnswer& got, std::size_t tokens,
                       const std::string& code) {
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body.find("[DONE]"), std::string::npos);
  std::size_t seen = 0;
  for (std::size_t at = got.body.find("\"tok\""); at != std::string::npos;
       at = got.body.find("\"tok\"", at + 1)) {
    ++seen;
  }
  EXPECT_EQ(seen, tokens);
  const std::size_t error = got.body.rfind("data: {\"error\":");
  ASSERT_NE(error, std::string::npos);
  EXPECT_NE(got.body.find("\"code\":\"" + code + "\"", error), std::string::npos)
      << got.body.substr(error);
}

class BrokenStream : public Failure {
 protected:
  Script forty_of_sixty(Script::End end) {
    Script script = testing::stream_script({.tokens = 60});
    script.pieces.resize(41);
    script.end = end;
    return script;
  }
  void expect_forty_estimated(const char* code) {
    const SeenRecord record = records_.nth(1);
    EXPECT_EQ(record.usage.output, 40);
    EXPECT_TRUE(record.estimated);
    EXPECT_EQ(record.error_code, code);
  }
};

TEST_F(BrokenStream, ResetAfterFortyOfSixtyTokens) {
  // The pieces must have left before the reset discards them.
  std::promise<void> read;
  auto done = read.get_future().share();
  Script script = forty_of_sixty(Script::End::kReset);
  script.before = [done, n = script.pieces.size()](std::size_t i) {
    if (i == n) {
      done.wait();
    }
  };
  serve(script, kGood);
  route_->resilience.breaker_consecutive_failures = 1;
  start();
  testing::RawHttp client(port());
  client.send(chat_request("m1", true));
  std::string all;
  for (const auto& piece : script.pieces) {
    all += piece;
  }
  ASSERT_TRUE(client.read_until(all));
  read.set_value();
  expect_honest_end(client.read(), 40, "upstream_reset");
  expect_forty_estimated("upstream_reset");
  EXPECT_EQ(b_->calls(), 0U) << "never retried after the first byte";
  EXPECT_EQ(chat("m1").status, 200);
  EXPECT_EQ(b_->calls(), 1U) << "the breaker counted one failure";
}

TEST_F(BrokenStream, ClosedInTheMiddleOfAnEvent) {
  Script script = forty_of_sixty(Script::End::kClose);
  script.pieces.emplace_back("data: {\"choices\":[{\"index\":0,\"del");
  serve_one(script);
  start();
  const auto got = chat("m1", true);
  expect_honest_end(got, 40, "upstream_reset");
  EXPECT_EQ(got.body.find("\"del\n"), std::string::npos) << "half an event is never shown";
  expect_forty_estimated("upstream_reset");
}

TEST_F(BrokenStream, ProperHttpEndWithoutAFinishIsATruncation) {
  serve_one(forty_of_sixty(Script::End::kProper));
  start();
  expect_honest_end(chat("m1", true), 40, "upstream_truncated");
  expect_forty_estimated("upstream_truncated");
}

TEST_F(BrokenStream, FinishedWithoutDoneGetsAWellFormedEnd) {
  serve_one(testing::stream_script({.usage = false, .done = false}));
  start();
  const auto got = chat("m1", true);
  EXPECT_TRUE(got.complete);
  EXPECT_TRUE(got.body.ends_with("data: [DONE]\n\n"));
  EXPECT_EQ(got.body.find("error"), std::string::npos);
  EXPECT_TRUE(records_.nth(1).estimated) << "no usage came";
}

TEST_F(BrokenStream, StallEndsAtTheIdleTimeout) {
  serve_one(forty_of_sixty(Script::End::kHang));
  document_.limits.idle_timeout = 200ms;
  start();
  const auto began = std::chrono::steady_clock::now();
  expect_honest_end(chat("m1", true), 40, "upstream_idle_timeout");
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took, 200ms);
  EXPECT_LT(took, 1s);
  EXPECT_TRUE(a_->wait_for_departures(1, 1s));
}

TEST_F(BrokenStream, ErrorEventOfTheUpstreamPassesAndIsNotRepeated) {
  Script script = forty_of_sixty(Script::End::kProper);
  script.pieces.emplace_back("data: {\"error\":{\"message\":\"gpu fell off\",\"code\":\"x\"}}\n\n");
  serve_one(script);
  start();
  const auto got = chat("m1", true);
  EXPECT_EQ(got.body.find("\"error\""), got.body.rfind("\"error\""));
  EXPECT_EQ(got.body.find("[DONE]"), std::string::npos);
  EXPECT_EQ(records_.nth(1).error_code, "upstream_error_event");
}

TEST_F(BrokenStream, ClientThatLeavesStopsTheUpstreamAtOnce) {
  serve_one(forty_of_sixty(Script::End::kHang));
  start();
  testing::RawHttp client(port());
  client.send(chat_request("m1", true));
  ASSERT_TRUE(client.read_until("tok"));
  const auto left = std::chrono::steady_clock::now();
  client.close();
  ASSERT_TRUE(a_->wait_for_departures(1, 1s));
  EXPECT_LT(std::chrono::steady_clock::now() - left, 100ms);
  const SeenRecord record = records_.nth(1);
  EXPECT_EQ(record.status, 499);
  EXPECT_TRUE(record.estimated);
  EXPECT_GT(record.usage.output, 0);
  EXPECT_EQ(metric("penstock_gateway_requests_in_flight"), 0);
  EXPECT_EQ(metric("penstock_gateway_client_disconnects_total"), 1);
}

TEST_F(BrokenStream, ClientThatLeavesBeforeTheAnswerStopsTheUpstreamToo) {
  serve(hang_before_answer(), kGood);
  start();
  testing::RawHttp client(port());
  client.send(chat_request("m1"));
  while (a_->calls() == 0) {
    std::this_thread::yield();
  }
  client.reset();
  EXPECT_TRUE(a_->wait_for_departures(1, 1s));
  EXPECT_EQ(records_.nth(1).status, 499);
  EXPECT_EQ(b_->calls(), 0U) << "nobody waits for another try";
}

}  // namespace
}  // namespace penstock::gateway
