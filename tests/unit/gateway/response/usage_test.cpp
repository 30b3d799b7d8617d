#include "gateway/response/usage.h"

#include <gtest/gtest.h>

#include "gateway/response/event_scan.h"
#include "gateway/response/usage_tap.h"

namespace penstock::gateway {
namespace {

TEST(ParseUsage, FieldsAndOddities) {
  const Usage usage = parse_usage(
      R"({"prompt_tokens": 100 ,"completion_tokens":20,"total_tokens":120,"x":null,)"
      R"("prompt_tokens_details":{"cached_tokens":64,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":8}})");
  EXPECT_EQ(usage.input, 100);
  EXPECT_EQ(usage.output, 20);
  EXPECT_EQ(usage.cached, 64);
  EXPECT_EQ(usage.reasoning, 8);
  EXPECT_EQ(parse_usage(R"({"prompt_tokens":-3,"completion_tokens":"x"})").input, 0);
  EXPECT_EQ(parse_usage(R"({"prompt_tokens":)").input, 0);
  EXPECT_EQ(parse_usage("").input, 0);
}

std::optional<Usage> tapped(std::string_view text, std::size_t size) {
  UsageTap tap;
  while (!text.empty()) {
    tap.feed(text.substr(0, size));
    text.remove_prefix(std::min(size, text.size()));
  }
  return tap.usage();
}

TEST(UsageTap, EveryPieceSizeAndCut) {
  const std::string text =
      R"({"id":"us\\","a\"usage":{"prompt_tokens":1},"data":[{"usage":{"prompt_tokens":2}},"usage"],)"
      R"("s":"\"usage\":{\"prompt_tokens\":3}\\\"", "usage" : {"prompt_tokens":7,"d":{"cached_tokens":3}},)"
      R"("z":{"usage":{"prompt_tokens":4}}})";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const auto usage = tapped(text, size);
    ASSERT_TRUE(usage) << size;
    ASSERT_EQ(usage->input, 7) << size;
    ASSERT_EQ(usage->cached, 3) << size;
  }
}

TEST(UsageTap, AbsentNullOrBroken) {
  for (const char* text :
       {"", "{}", "[]", R"({"usage":null})", R"({"usage":7,"x":{"prompt_tokens":1}})",
        R"(["usage",{"prompt_tokens":1}])", "not json at all }}}]]", R"({"usage":{"prompt_tok)",
        R"({"x":"usage",{"prompt_tokens":1}})"}) {
    for (const std::size_t size : {1U, 3U, 100U}) {
      EXPECT_FALSE(tapped(text, size)) << text;
    }
  }
}

TEST(UsageTap, FixedMemoryForAHugeUsage) {
  const std::string text =
      R"({"usage":{"prompt_tokens":5,"x":")" + std::string(100'000, 'y') + R"("},"usage2":{}})";
  EXPECT_EQ(tapped(text, 1'000)->input, 5);
}

TEST(EventScan, CountsTokensByText) {
  const auto tokens = [](std::string_view delta) {
    return scan_event("data: {\"choices\":[{\"delta\":{" + std::string(delta) + "}}]}\n\n").tokens;
  };
  EXPECT_EQ(tokens(R"("content":"")"), 0U);
  EXPECT_EQ(tokens(R"("content":null)"), 0U);
  EXPECT_EQ(tokens(R"("content":"hello")"), 1U);
  EXPECT_EQ(tokens(R"("content":"forty characters of text are about ten t")"), 10U);
  EXPECT_EQ(tokens(R"("tool_calls":[{"function":{"arguments":"{\"a"}}])"), 1U);
  EXPECT_EQ(tokens(R"("reasoning":"a","reasoning_content":"a")"), 1U)
      << "the same text under two names";
  EXPECT_EQ(scan_event("data: {\"choices\":[{\"text\":\"x\"}]}\n\n").tokens, 1U);
}

TEST(EventScan, UsageBesideChoicesIsReadButNotUsageOnly) {
  const EventFacts facts = scan_event(
      "data: "
      "{\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n");
  EXPECT_EQ(facts.usage->input, 3);
  EXPECT_FALSE(facts.usage_only);
}

}  // namespace
}  // namespace penstock::gateway
