#include "gateway/response/api_error.h"

#include <gtest/gtest.h>

#include "gateway/response/answer_class.h"

namespace penstock::gateway {
namespace {

TEST(ApiError, OpenAiForm) {
  EXPECT_EQ(
      error_json(bad_request("say \"x\"", "model")),
      R"({"error":{"message":"say \"x\"","type":"invalid_request_error","param":"model","code":null}})");
  EXPECT_EQ(error_event(stream_broken()).substr(0, 16), "data: {\"error\":{");
  EXPECT_TRUE(error_event(stream_broken()).ends_with("}}\n\n"));
}

TEST(ApiError, HostileNamesStayHarmlessAndShort) {
  const ApiError error = model_unknown(std::string(100'000, 'x') + "\r\n\"");
  EXPECT_LT(error_json(error).size(), 600U);
}

TEST(ApiError, StatusesAreThoseThatTheClientsMap) {
  EXPECT_EQ(missing_key().status, 401);
  EXPECT_EQ(model_forbidden("m").status, 403);
  EXPECT_EQ(model_unknown("m").status, 404);
  EXPECT_EQ(body_too_large(1).status, 413);
  EXPECT_EQ(all_throttled("m", {}).status, 429);
  EXPECT_TRUE(all_throttled("m", {}).retry_after) << "never 'retry at once'";
}

TEST(AnswerClass, Table) {
  using routing::Block;
  using routing::Verdict;
  struct Row {
    int status;
    bool wait;
    bool elsewhere;
    Block block;
    Verdict verdict;
  };
  const Row rows[] = {{200, false, false, Block::kNone, Verdict::kOk},
                      {400, false, false, Block::kNone, Verdict::kOk},
                      {404, false, false, Block::kNone, Verdict::kOk},
                      {408, false, true, Block::kTimeout, Verdict::kTimedOut},
                      {413, false, false, Block::kNone, Verdict::kOk},
                      {429, false, true, Block::kThrottled, Verdict::kThrottled},
                      {401, false, true, Block::kError, Verdict::kFailed},
                      {500, false, true, Block::kError, Verdict::kFailed},
                      {503, false, true, Block::kOverloaded, Verdict::kFailed},
                      {503, true, true, Block::kOverloaded, Verdict::kThrottled},
                      {504, false, true, Block::kTimeout, Verdict::kFailed}};
  for (const Row& row : rows) {
    const AnswerClass got = classify_status(row.status, row.wait);
    EXPECT_EQ(got.elsewhere, row.elsewhere) << row.status;
    EXPECT_EQ(got.block, row.block) << row.status;
    EXPECT_EQ(got.verdict, row.verdict) << row.status;
  }
  EXPECT_FALSE(classify_fault(net::CallFault::kCancelled).elsewhere);
  EXPECT_EQ(classify_fault(net::CallFault::kTimeout).block, Block::kTimeout);
  EXPECT_EQ(classify_fault(net::CallFault::kConnect).verdict, Verdict::kUnreached);
}

}  // namespace
}  // namespace penstock::gateway
