#include "json/parse.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "json/pointer.h"
#include "json/write.h"

namespace penstock::json {
namespace {

TEST(Parse, RoundTripsEveryType) {
  const std::string text = R"({"a":[1,-2,3.5,true,null,"x\ny"],"b":{"c":18446744073709551615}})";
  const Result<Value> value = parse(text);
  ASSERT_TRUE(value);
  EXPECT_EQ(write(*value), text);
}

TEST(Parse, NamesLineAndColumn) {
  const Result<Value> value = parse("{\n  \"a\": 1,\n  \"b\" 2\n}");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), Code::kInvalid);
  EXPECT_TRUE(value.error().message().starts_with("3:")) << value.error().message();
}

TEST(Parse, RefusesAKeyGivenTwice) {
  const Result<Value> value = parse(R"({"a":{"k":1,"k":2}})");
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message().find("\"k\" is given twice"), std::string::npos);
}

TEST(Parse, SameKeyInSiblingsIsFine) {
  EXPECT_TRUE(parse(R"([{"k":1},{"k":2}])"));
}

TEST(Parse, RefusesTrailingTextAndNaN) {
  EXPECT_FALSE(parse("{} {}"));
  EXPECT_FALSE(parse("[NaN]"));
  EXPECT_FALSE(parse(""));
}

TEST(Parse, LimitsDepthSizeAndCount) {
  const std::string deep(200, '[');
  const Result<Value> nested = parse(deep);
  ASSERT_FALSE(nested);
  EXPECT_EQ(nested.error().code(), Code::kTooLarge);
  Limits tiny;
  tiny.max_bytes = 4;
  EXPECT_EQ(parse("[1,2,3]", tiny).error().code(), Code::kTooLarge);
  Limits few;
  few.max_nodes = 3;
  EXPECT_TRUE(parse("[1,2]", few));
  EXPECT_EQ(parse("[1,2,3]", few).error().code(), Code::kTooLarge);
}

TEST(Write, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(write(Value("a\xff")), "\"a\xEF\xBF\xBD\"");
}

TEST(Pointer, EscapesAndSteps) {
  EXPECT_EQ(pointer_to("", "a/b~c"), "/a~1b~0c");
  EXPECT_EQ(pointer_to("/a", std::size_t{3}), "/a/3");
  EXPECT_EQ(pointer_parent("/a/3"), "/a");
  EXPECT_EQ(pointer_parent("/a"), "");
  EXPECT_EQ(pointer_parent(""), "");
}

}  // namespace
}  // namespace penstock::json
