#include "json/yaml.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "json/write.h"

namespace penstock::json {
namespace {

// Each row is what kubectl 1.36 makes of the same text.
TEST(Yaml, TypesPlainScalarsAsKubernetesDoes) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"yes", "true"},
      {"off", "false"},
      {"y", "true"},
      {"True", "true"},
      {"~", "null"},
      {"Null", "null"},
      {"1", "1"},
      {"-7", "-7"},
      {"+7", "7"},
      {"0x1F", "31"},
      {"0o17", "15"},
      {"017", "15"},
      {"0b101", "5"},
      {"1_000", "1000"},
      {"1.0", "1"},
      {"1e3", "1000"},
      {"1.5", "1.5"},
      {".5", "0.5"},
      {"-.5", "-0.5"},
      {"08", "8"},
      {"1.2.3", "\"1.2.3\""},
      {"2024-07-01", "\"2024-07-01\""},
      {"10m", "\"10m\""},
      {"tRue", "\"tRue\""},
      {"0x", "\"0x\""},
      {"-", "\"-\""},
      {"1e", "\"1e\""},
      {"40Gi", "\"40Gi\""},
      {"12:30", "\"12:30\""},
      {"9223372036854775808", "9223372036854775808"},
      {".", "\".\""},
      {"+.5", "0.5"},
      {"-9223372036854775808", "-9223372036854775808"}};
  for (const auto& [text, expected] : rows) {
    EXPECT_EQ(write(plain_scalar(text)), expected) << text;
  }
}

Value only(std::string_view text) {
  const YamlStream stream = parse_yaml(text, "t.yaml");
  EXPECT_TRUE(stream.check()) << (stream.check() ? "" : stream.check().error().message());
  EXPECT_EQ(stream.documents.size(), 1U);
  return stream.documents.empty() ? Value() : *stream.documents.front().value;
}

std::string first_problem(std::string_view text, const Limits& limits = {}) {
  const Result<> checked = parse_yaml(text, "t.yaml", limits).check();
  return checked ? std::string("no problem") : checked.error().message();
}

TEST(Yaml, QuotesMakeStrings) {
  EXPECT_EQ(write(only("a: 'yes'\nb: \"1\"\nc: |\n  x\n  y\nd: >-\n  x\n  y\n")),
            R"({"a":"yes","b":"1","c":"x\ny\n","d":"x y"})");
}

TEST(Yaml, ExplicitTags) {
  EXPECT_EQ(write(only("a: !!str 1\nb: !!int '7'\n")), R"({"a":"1","b":7})");
  EXPECT_EQ(first_problem("a: 1\nb: !secret x\n"),
            "t.yaml:2: tag !secret is not supported in a manifest; remove it");
  EXPECT_EQ(first_problem("b: !!int x\n"), "t.yaml:1: \"x\" is not a int");
}

TEST(Yaml, KeysBecomeStrings) {
  EXPECT_EQ(write(only("1: a\ntrue: b\nx: c\n")), R"({"1":"a","true":"b","x":"c"})");
}

TEST(Yaml, KnowsTheLineOfEveryField) {
  const YamlStream stream =
      parse_yaml("# top\nspec:\n  tiers:\n    - a: 1\n      b: {c: 2}\n    - a: 3\n", "t.yaml");
  ASSERT_EQ(stream.documents.size(), 1U);
  const YamlDocument& document = stream.documents.front();
  EXPECT_EQ(document.line, 2);
  EXPECT_EQ(document.line_of("/spec"), 2);
  EXPECT_EQ(document.line_of("/spec/tiers/0"), 4);
  EXPECT_EQ(document.line_of("/spec/tiers/0/b/c"), 5);
  EXPECT_EQ(document.line_of("/spec/tiers/1/a"), 6);
  EXPECT_EQ(document.line_of("/spec/tiers/1/missing/deeper"), 6) << "nearest parent";
  EXPECT_EQ(document.line_of("/nowhere"), 2);
}

TEST(Yaml, SplitsDocumentsAndKeepsLines) {
  const YamlStream stream =
      parse_yaml("---\na: 1\n--- # second\n\n# only a comment\n---\nb: 2\n---\n", "t.yaml");
  EXPECT_TRUE(stream.check());
  ASSERT_EQ(stream.documents.size(), 2U);
  EXPECT_EQ(stream.documents[0].line, 2);
  EXPECT_EQ(stream.documents[1].line, 7);
  EXPECT_EQ(stream.documents[1].line_of("/b"), 7);
}

TEST(Yaml, ABrokenDocumentDoesNotHideTheOthers) {
  const YamlStream stream = parse_yaml("a: 1\n---\nb: [1, 2\n---\nc: 3\n", "t.yaml");
  EXPECT_EQ(stream.documents.size(), 2U);
  ASSERT_EQ(stream.problems.size(), 1U);
  EXPECT_GE(stream.problems[0].line, 3);
  EXPECT_LE(stream.problems[0].line, 4);
}

TEST(Yaml, RefusesAKeyGivenTwice) {
  EXPECT_EQ(first_problem("a: 1\nb:\n  k: 1\n  k: 2\n"),
            "t.yaml:4: key \"k\" is given twice (first on line 3); keep one of them");
}

TEST(Yaml, TabsAreNamed) {
  EXPECT_TRUE(first_problem("a:\n\tb: 1\n").starts_with("t.yaml:2: not valid YAML:"));
}

TEST(Yaml, MergesAndAliases) {
  EXPECT_EQ(write(only("base: &b {v: 1, w: 2}\nmine:\n  <<: *b\n  w: 3\n")),
            R"({"base":{"v":1,"w":2},"mine":{"v":1,"w":3}})");
  EXPECT_EQ(first_problem("a: {<<: 1}\n"),
            "t.yaml:1: << merges a map (usually an alias such as *base), this is not one");
}

TEST(Yaml, ALaughOfABillionIsRefused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) {
      bomb += (k == 0 ? "" : ", ") + alias;
    }
    bomb += "]\n";
  }
  Limits limits;
  limits.max_nodes = 10'000;
  EXPECT_NE(first_problem(bomb, limits).find("more than 10000 values"), std::string::npos);
}

TEST(Yaml, LimitsDepthAndSize) {
  EXPECT_NE(first_problem(std::string(150, '[') + std::string(150, ']'))
                .find("nested more than 100 deep"),
            std::string::npos);
  Limits tiny;
  tiny.max_bytes = 3;
  EXPECT_EQ(first_problem("a: 1", tiny), "t.yaml:1: 4 bytes of YAML; the limit is 3");
}

// yaml-cpp 0.7 gives one document after the other here, without end. (What the fuzzer found,
// reduced.)
TEST(Yaml, ATextThatWouldBeReadForEverIsRefused) {
  EXPECT_EQ(first_problem(","), "t.yaml:1: not valid YAML: no document can be read from here on");
  EXPECT_EQ(first_problem("a: 1\n---\n]\n").substr(0, 9), "t.yaml:3:");
}

TEST(Yaml, BytesThatAreNoTextAreRefused) {
  EXPECT_EQ(first_problem("a: 1\nb: \xff\n"), "t.yaml:2: not UTF-8 text; save the file as UTF-8");
  EXPECT_EQ(first_problem(std::string("a: \0x\n", 6)),
            "t.yaml:1: control character 0x00; remove it");
  EXPECT_EQ(first_problem("a: \xc0\xaf\n").substr(0, 9), "t.yaml:1:") << "overlong";
  EXPECT_EQ(first_problem("a: \xed\xa0\x80\n").substr(0, 9), "t.yaml:1:")
      << "half of a surrogate pair";
  EXPECT_EQ(write(only("a: \xf0\x9f\x90\x99 \xc3\xa9\n")), "{\"a\":\"\xf0\x9f\x90\x99 \xc3\xa9\"}");
}

TEST(Yaml, WhatJsonCannotSayIsRefused) {
  EXPECT_EQ(first_problem("a: .inf"),
            "t.yaml:1: .inf is not a number that JSON has; put it in quotes if it is text");
  EXPECT_EQ(first_problem("a: -.INF").substr(0, 7), "t.yaml:");
  EXPECT_EQ(first_problem("a: .nan").substr(0, 7), "t.yaml:");
  EXPECT_EQ(first_problem("~: 1"),
            "t.yaml:1: a key must be a plain word, not empty, a list or a map");
  EXPECT_EQ(first_problem("[a]: 1"),
            "t.yaml:1: a key must be a plain word, not empty, a list or a map");
}

TEST(Yaml, ByteOrderMarkAndWindowsLineEnds) {
  EXPECT_EQ(write(only("\xEF\xBB\xBF"
                       "a: x\r\nb: 1\r\n")),
            R"({"a":"x","b":1})");
}

TEST(Yaml, JsonIsYaml) {
  EXPECT_EQ(write(only("{\"a\": [1, \"two\", null]}")), R"({"a":[1,"two",null]})");
}

TEST(Yaml, AMissingFileSaysSo) {
  const Result<YamlStream> stream = read_yaml_file("/nonexistent/x.yaml");
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace penstock::json
