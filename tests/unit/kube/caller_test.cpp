// Errors, retries, tokens, rate, the gate before writes (client rules 13, 16, 41, 43).
#include "kube/caller.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/client.h"
#include "tests/support/kube/fake_waiter.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeWaiter;
using test::ScriptedServer;

class CallerTest : public testing::Test {
 protected:
  CallerTest() {
    options_.qps = 0;
    options_.on_call = [this](const CallRecord& record) {
      records_.push_back({std::string(record.verb), record.status, record.tries});
    };
  }
  Caller& caller() {
    if (!caller_) {
      tokens_.emplace(config_, waiter_, [this](const std::string&) -> Result<std::string> {
        return "token-" + std::to_string(++token_reads_);
      });
      caller_.emplace(server_, *tokens_, waiter_, options_);
      client_.emplace(*caller_);
    }
    return *caller_;
  }
  Client& client() {
    caller();
    return *client_;
  }
  Result<Object> write() {
    return client().apply(resources::kConfigMaps,
                          Object(json::Value::parse(test::config_map("a", "1"))),
                          {.field_manager = "t"});
  }
  Result<Object> read() { return client().get(resources::kConfigMaps, {"ns", "a"}); }

  struct Record {
    std::string verb;
    int status;
    int tries;
  };
  ScriptedServer server_;
  FakeWaiter waiter_;
  ClusterConfig config_;
  CallerOptions options_;
  int token_reads_ = 0;
  std::vector<Record> records_;
  std::optional<TokenSource> tokens_;
  std::optional<Caller> caller_;
  std::optional<Client> client_;
};

TEST_F(CallerTest, EveryStatusHasItsCode) {
  const std::tuple<int, const char*, Code> table[] = {
      {404, "NotFound", Code::kNotFound},
      {409, "AlreadyExists", Code::kAlreadyExists},
      {409, "Conflict", Code::kConflict},
      {410, "Expired", Code::kGone},
      {410, "Gone", Code::kGone},
      {422, "Invalid", Code::kInvalid},
      {400, "BadRequest", Code::kInvalid},
      {401, "Unauthorized", Code::kUnauthenticated},
      {403, "Forbidden", Code::kForbidden},
      {413, "RequestEntityTooLarge", Code::kTooLarge},
      {429, "TooManyRequests", Code::kTooManyRequests},
      {500, "InternalError", Code::kUnavailable},
      {503, "ServiceUnavailable", Code::kUnavailable},
      {504, "Timeout", Code::kTimeout},
      {418, "", Code::kInternal},
  };
  for (const auto& [status, reason, code] : table) {
    server_.then_status(status, reason, "because");
    const auto answer = read();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), code) << status << reason;
    EXPECT_EQ(answer.error().message(), "reading ConfigMap ns/a: because");
  }
  server_.then_answer(502, "<html>bad gateway</html>");
  EXPECT_EQ(read().error().code(), Code::kUnavailable);
  server_.then_status(403, "Forbidden", "exceeded quota: compute, requested: pods=1");
  EXPECT_EQ(write().error().code(), Code::kQuotaExceeded);
}

TEST_F(CallerTest, CausesThatTheMessageLeavesOutAreAdded) {
  server_.then_answer(422,
                      R"({"kind":"Status","code":422,"reason":"Invalid","message":"invalid: one",
    "details":{"causes":[{"field":"spec.a","message":"one"},{"field":"spec.b","message":"two"}]}})");
  EXPECT_EQ(read().error().message(), "reading ConfigMap ns/a: invalid: one; spec.b: two");
}

TEST_F(CallerTest, RetriesWhenTheServerNamesATimeAndCounts) {
  server_.then_status(429, "TooManyRequests", "no", {{"Retry-After", "3"}});
  server_.then_status(503, "ServiceUnavailable", "no", {{"Retry-After", "1"}});
  server_.then_answer(200, test::config_map("a", "1"));
  EXPECT_TRUE(write());
  EXPECT_EQ(waiter_.waits(), (std::vector<std::chrono::nanoseconds>{seconds(3), seconds(1)}));
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].tries, 3);
  EXPECT_EQ(records_[0].status, 200);
}

TEST_F(CallerTest, ALongRetryAfterIsForTheCallerToHonour) {
  server_.then_status(429, "TooManyRequests", "no", {{"Retry-After", "32"}});
  const auto answer = read();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().retry_after(), milliseconds(32'000));
  EXPECT_EQ(server_.count(), 1U);
}

TEST_F(CallerTest, NeverMoreThanTenTries) {
  options_.retry.budget = seconds(1'000);
  server_.always([](const HttpRequest&, const BodySink&, const std::stop_token&) -> test::Answer {
    return HttpResponse{503, {{"retry-after", "0"}}, "later"};
  });
  EXPECT_FALSE(read());
  EXPECT_EQ(server_.count(), 10U);
}

TEST_F(CallerTest, ALostAnswerRepeatsReadsOnly) {
  server_.then_fail(TransportFailure::kUnknown);
  server_.then_answer(200, test::config_map("a", "1"));
  EXPECT_TRUE(read());

  server_.then_fail(TransportFailure::kUnknown);
  const auto answer = write();
  ASSERT_FALSE(answer);
  EXPECT_EQ(server_.count(), 3U) << "the write may have been done: it is not sent again";
  EXPECT_NE(answer.error().message().find("may have been done"), std::string::npos);
}

TEST_F(CallerTest, WhatWasNeverSentIsSentAgainEvenAWrite) {
  server_.then_fail(TransportFailure::kNotSent);
  server_.then_answer(201, test::config_map("a", "1"));
  EXPECT_TRUE(write());
}

TEST_F(CallerTest, TimeoutsAreNotRepeated) {
  server_.then_fail(TransportFailure::kTimeout);
  EXPECT_EQ(read().error().code(), Code::kTimeout);
  EXPECT_EQ(server_.count(), 1U);
}

TEST_F(CallerTest, ARejectedTokenIsReadAgainOnce) {
  config_.token_file = "t";
  server_.then_status(401, "Unauthorized");
  server_.then_answer(200, test::config_map("a", "1"));
  EXPECT_TRUE(read());
  EXPECT_EQ(test::header_of(server_.request(0), "Authorization"), "Bearer token-1");
  EXPECT_EQ(test::header_of(server_.request(1), "Authorization"), "Bearer token-2");
  server_.then_status(401, "Unauthorized");
  server_.then_status(401, "Unauthorized");
  EXPECT_EQ(read().error().code(), Code::kUnauthenticated);
  EXPECT_EQ(server_.count(), 4U);
}

TEST_F(CallerTest, TheGateIsAskedBeforeEveryTryOfAWrite) {
  int asked = 0;
  caller().set_write_gate([&]() -> Result<> {
    return ++asked < 2 ? Result<>() : fail(Code::kUnavailable, "not the leader");
  });
  server_.then_status(503, "ServiceUnavailable", "no", {{"Retry-After", "1"}});
  const auto answer = write();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "not the leader");
  EXPECT_EQ(server_.count(), 1U) << "leadership ended between two tries";
  server_.then_answer(200, test::config_map("a", "1"));
  EXPECT_TRUE(read()) << "reads pass";
}

TEST_F(CallerTest, KeepsToItsRate) {
  options_.qps = 2;
  options_.burst = 3;
  for (int i = 0; i < 5; ++i) {
    server_.then_answer(200, test::config_map("a", "1"));
    EXPECT_TRUE(read());
  }
  EXPECT_EQ(waiter_.waits(),
            (std::vector<std::chrono::nanoseconds>{milliseconds(500), milliseconds(500)}));
}

}  // namespace
}  // namespace penstock::kube
