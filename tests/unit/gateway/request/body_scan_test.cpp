#include "gateway/request/body_scan.h"

#include <gtest/gtest.h>

#include "gateway/request/splice.h"

namespace penstock::gateway {
namespace {

class BodyScan : public ::testing::Test {
 protected:
  bool scan(std::string_view body) {
    text_.assign(body);
    text_.append(BodyScanner::kPadding, '#');
    const auto got = scanner_.scan(std::string_view(text_).substr(0, body.size()), facts_);
    fault_ = got ? BodyFault{} : got.error();
    return got.has_value();
  }
  std::string value(const std::optional<Span>& span) {
    return span ? text_.substr(span->offset, span->length) : "(absent)";
  }
  std::string with_usage(std::string_view body) {
    EXPECT_TRUE(scan(body)) << body;
    Splice splice(body);
    ask_for_usage(facts_, splice);
    std::string out;
    splice.append_to(out);
    EXPECT_EQ(out.size(), splice.size());
    EXPECT_TRUE(scan(out)) << out;
    EXPECT_TRUE(facts_.include_usage_asked) << out;
    return out;
  }

  BodyScanner scanner_;
  BodyFacts facts_;
  BodyFault fault_;
  std::string text_;
};

TEST_F(BodyScan, FindsWhatTheGatewayActsOn) {
  ASSERT_TRUE(scan(R"( { "max_tokens" : 12 , "model" : "m\u00e9\"x"  , "stream":true, "n": 3,
      "stream_options" : { "x":[1,{}], "include_usage" : true } } )"));
  EXPECT_EQ(facts_.model, "m\xc3\xa9\"x");
  EXPECT_EQ(value(facts_.model_value), R"("m\u00e9\"x")");
  EXPECT_TRUE(facts_.stream);
  EXPECT_EQ(facts_.choices, 3U);
  EXPECT_EQ(facts_.max_tokens, 12);
  EXPECT_TRUE(facts_.include_usage_asked);
  EXPECT_EQ(value(facts_.include_usage), "true");
}

TEST_F(BodyScan, NothingLeaksFromTheBodyBefore) {
  ASSERT_TRUE(scan(R"({"model":"a","stream":true,"n":2,"max_tokens":5,"stream_options":{}})"));
  ASSERT_TRUE(scan(R"({"x":1})"));
  EXPECT_TRUE(facts_.model.empty());
  EXPECT_FALSE(facts_.model_value);
  EXPECT_FALSE(facts_.stream);
  EXPECT_FALSE(facts_.stream_options);
  EXPECT_EQ(facts_.choices, 1U);
  EXPECT_FALSE(facts_.max_tokens);
}

TEST_F(BodyScan, NestedKeysDoNotCount) {
  ASSERT_TRUE(scan(
      R"({"messages":[{"model":"no","stream":true}],"metadata":{"model":"no"},"model":"yes"})"));
  EXPECT_EQ(facts_.model, "yes");
  EXPECT_FALSE(facts_.stream);
}

TEST_F(BodyScan, MaxCompletionTokensWins) {
  ASSERT_TRUE(scan(R"({"max_completion_tokens":7,"max_tokens":5})"));
  EXPECT_EQ(facts_.max_tokens, 7);
  ASSERT_TRUE(scan(R"({"max_tokens":5,"max_completion_tokens":7})"));
  EXPECT_EQ(facts_.max_tokens, 7);
  ASSERT_TRUE(scan(R"({"max_tokens":null,"n":null,"stream":null})"));
  ASSERT_TRUE(scan(R"({"max_tokens":1.5,"n":"x"})")) << "the upstream explains";
}

TEST_F(BodyScan, NumbersOfAnyPrecisionAreJson) {
  EXPECT_TRUE(scan(R"({"x":[0,-0,1e400,12345678901234567890123,1.000000000000000000001,-1E-5]})"));
}

TEST_F(BodyScan, RefusesWhatIsNotJson) {
  for (const char* body : {"",
                           " ",
                           "nonsense",
                           "[]",
                           "\"x\"",
                           "1",
                           "null",
                           "{",
                           "}",
                           "{}}",
                           "{} {}",
                           R"({"a":1,})",
                           R"({"a" 1})",
                           R"({a:1})",
                           R"({"a":tru})",
                           R"({"a":01})",
                           R"({"a":1.})",
                           R"({"a":.5})",
                           R"({"a":+1})",
                           R"({"a":[1 2]})",
                           R"({"a":[1,]})",
                           R"({"a":[}])",
                           R"({"a":"unterminated})",
                           "{\"a\":\"raw\nnewline\"}",
                           "{\"a\":\"\xff\"}",
                           R"({"a":nul,"b":1})",
                           R"({"model":"m","x":NaN})"}) {
    EXPECT_FALSE(scan(body)) << body;
    EXPECT_FALSE(fault_.message.empty()) << body;
  }
}

TEST_F(BodyScan, EveryTruncationOfABodyIsRefused) {
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":"a\"b"}],"stream":true,"t":1.5e3,"z":null})";
  ASSERT_TRUE(scan(body));
  for (std::size_t length = 0; length < body.size(); ++length) {
    EXPECT_FALSE(scan(body.substr(0, length))) << length;
  }
}

TEST_F(BodyScan, NamesTheFieldAtFault) {
  EXPECT_FALSE(scan(R"({"model":"a","model":"b"})"));
  EXPECT_EQ(fault_.param, "model");
  EXPECT_FALSE(scan(R"({"model":"a","mode\u006c":"b"})"));
  EXPECT_EQ(fault_.param, "model");
  EXPECT_FALSE(scan(R"({"model":["a"]})"));
  EXPECT_EQ(fault_.param, "model");
  EXPECT_FALSE(scan(R"({"stream":"true"})"));
  EXPECT_EQ(fault_.param, "stream");
  EXPECT_FALSE(scan(R"({"stream_options":7})"));
  EXPECT_EQ(fault_.param, "stream_options");
  EXPECT_FALSE(scan(R"({"stream_options":{"include_usage":1}})"));
  EXPECT_EQ(fault_.param, "stream_options");
}

TEST_F(BodyScan, DeepNestingIsRefusedFlatly) {
  const auto nested = [](std::size_t depth) {
    return "{\"x\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(scan(nested(BodyScanner::kMaxDepth - 2)));
  EXPECT_FALSE(scan(nested(BodyScanner::kMaxDepth + 1)));
  EXPECT_FALSE(scan(nested(1'000'000)));
  EXPECT_FALSE(scan("{\"x\":" + std::string(1'000'000, '[')));
}

TEST_F(BodyScan, HugeStringIsFine) {
  EXPECT_TRUE(scan("{\"model\":\"m\",\"image\":\"" + std::string(8U << 20U, 'A') + "\"}"));
  EXPECT_EQ(facts_.model, "m");
}

TEST_F(BodyScan, AsksForUsageWhereverTheBodyLeavesRoom) {
  EXPECT_EQ(with_usage(R"({"stream":true})"),
            R"({"stream_options":{"include_usage":true},"stream":true})");
  EXPECT_EQ(with_usage(R"( { "stream":true})"),
            R"( {"stream_options":{"include_usage":true}, "stream":true})");
  EXPECT_EQ(with_usage(R"({"stream_options":null,"a":1})"),
            R"({"stream_options":{"include_usage":true},"a":1})");
  EXPECT_EQ(with_usage(R"({"stream_options":{ }})"),
            R"({"stream_options":{"include_usage":true }})");
  EXPECT_EQ(with_usage(R"({"stream_options":{"x":1}})"),
            R"({"stream_options":{"include_usage":true,"x":1}})");
  EXPECT_EQ(with_usage(R"({"stream_options":{"include_usage": false }})"),
            R"({"stream_options":{"include_usage": true }})");
  EXPECT_EQ(with_usage(R"({"stream_options":{"include_usage":null}})"),
            R"({"stream_options":{"include_usage":true}})");
}

TEST(Splice, EditsInAnyOrder) {
  Splice splice("0123456789");
  EXPECT_FALSE(splice.changed());
  splice.replace({7, 1}, "");
  splice.replace({2, 3}, "abcde");
  std::string out;
  splice.append_to(out);
  EXPECT_EQ(out, "01abcde5689");
  EXPECT_EQ(splice.size(), out.size());
}

}  // namespace
}  // namespace penstock::gateway
