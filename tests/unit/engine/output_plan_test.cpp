#include "engine/output_plan.h"

#include <gtest/gtest.h>

namespace penstock::engine {
namespace {

constexpr OutputLimits kLimits{.seed = 1, .default_output = 100, .max_model_len = 2'000};

GenerationRequest request() {
  GenerationRequest out;
  out.prompts.push_back(tokenize("Tell me a story about a river.\n"));
  return out;
}

OutputPlan plan(const GenerationRequest& of, std::uint32_t choice = 0,
                const OutputLimits& limits = kLimits) {
  return plan_output(of, of.prompts[0], choice, limits);
}

std::string text_of(const OutputPlan& of) {
  TextCursor cursor;
  std::string out;
  while (cursor.tokens() < of.tokens.size()) {
    cursor.append_next(of, out);
  }
  return out;
}

TEST(OutputPlan, EndsByItselfNearTheDefaultLength) {
  double sum = 0;
  for (std::uint32_t choice = 0; choice < 400; ++choice) {
    const OutputPlan one = plan(request(), choice);
    EXPECT_EQ(one.finish, FinishReason::kStop);
    EXPECT_EQ(one.tokens.back(), kEndOfText);
    EXPECT_GE(one.tokens.size(), 50U);
    EXPECT_LE(one.tokens.size(), 150U);
    sum += static_cast<double>(one.tokens.size());
  }
  EXPECT_NEAR(sum / 400, 100, 6);
}

TEST(OutputPlan, MaxTokensCutsAndIgnoreEosFills) {
  GenerationRequest cut = request();
  cut.max_tokens = 7;
  EXPECT_EQ(plan(cut).tokens.size(), 7U);
  EXPECT_EQ(plan(cut).finish, FinishReason::kLength);
  GenerationRequest full = request();
  full.max_tokens = 1'000;
  full.ignore_eos = true;
  EXPECT_EQ(plan(full).tokens.size(), 1'000U);
  EXPECT_EQ(plan(full).finish, FinishReason::kLength);
  full.max_tokens.reset();
  EXPECT_EQ(plan(full).tokens.size(), 2'000 - full.prompts[0].size());
}

TEST(OutputPlan, MinTokensHoldsOffTheEnd) {
  GenerationRequest longer = request();
  longer.min_tokens = 400;
  EXPECT_GT(plan(longer).tokens.size(), 400U);
  longer.max_tokens = 400;
  EXPECT_EQ(plan(longer).finish, FinishReason::kLength);
}

TEST(OutputPlan, SameSeedAndPromptSameText) {
  GenerationRequest mine = request();
  mine.seed = 5;
  GenerationRequest other = request();
  other.seed = 6;
  EXPECT_EQ(text_of(plan(mine)), text_of(plan(mine)));
  EXPECT_NE(text_of(plan(mine)), text_of(plan(other)));
  EXPECT_NE(text_of(plan(mine, 0)), text_of(plan(mine, 1)));
  OutputLimits elsewhere = kLimits;
  elsewhere.seed = 99;
  EXPECT_EQ(text_of(plan(mine, 0, elsewhere)), text_of(plan(mine)));
  EXPECT_NE(text_of(plan(request(), 0, elsewhere)), text_of(plan(request())));
}

TEST(OutputPlan, StopStringEndsItWhereItBegins) {
  GenerationRequest one = request();
  const std::string whole = text_of(plan(one));
  const std::size_t at = whole.size() / 2;
  one.stop = {"never said", whole.substr(at, 9)};  // crosses tokens
  const OutputPlan stopped = plan(one);
  EXPECT_EQ(text_of(stopped), whole.substr(0, whole.find(one.stop[1])));
  EXPECT_EQ(stopped.finish, FinishReason::kStop);
  EXPECT_EQ(stopped.stop_reason, one.stop[1]);
  EXPECT_NE(stopped.tokens.back(), kEndOfText);

  one.include_stop = true;
  EXPECT_EQ(text_of(plan(one)), whole.substr(0, whole.find(one.stop[1]) + 9));
  one.min_tokens = static_cast<std::uint32_t>(stopped.tokens.size());
  EXPECT_GT(plan(one).tokens.size(), stopped.tokens.size());
}

TEST(OutputPlan, CompletionGoesOnAfterItsPromptWithASpace) {
  GenerationRequest completion;
  completion.endpoint = Endpoint::kCompletions;
  completion.prompts.push_back(tokenize("Once upon a time"));
  EXPECT_EQ(text_of(plan(completion)).front(), ' ');
  EXPECT_NE(text_of(plan(request())).front(), ' ');
}

TEST(CheckContext, SaysTheLimitAndWhatWasAsked) {
  GenerationRequest one = request();
  EXPECT_TRUE(check_context(one, 1'999, kLimits).has_value());
  one.max_tokens = 100;
  EXPECT_TRUE(check_context(one, 1'900, kLimits).has_value());

  const auto both = check_context(one, 1'901, kLimits);
  ASSERT_FALSE(both.has_value());
  EXPECT_EQ(
      both.error().message,
      "This model's maximum context length is 2000 tokens. However, you requested 2001 tokens "
      "(1901 in the messages, 100 in the completion). Please reduce the length of the messages "
      "or completion.");
  one.max_tokens.reset();
  const auto prompt = check_context(one, 2'000, kLimits);
  ASSERT_FALSE(prompt.has_value());
  EXPECT_EQ(prompt.error().message,
            "This model's maximum context length is 2000 tokens. However, your request has 2000 "
            "input tokens. Please reduce the length of the messages.");
}

}  // namespace
}  // namespace penstock::engine
