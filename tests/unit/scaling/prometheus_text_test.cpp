#include "scaling/prometheus_text.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/scaling/property.h"

namespace penstock::scaling {
namespace {

struct Read {
  std::vector<std::string> names;
  std::vector<double> values;
  std::string error;
  std::size_t line = 0;
};

Read read(std::string_view text) {
  Read out;
  PrometheusReader reader(text);
  while (const auto series = reader.next()) {
    out.names.emplace_back(series->name);
    out.values.push_back(series->value);
  }
  out.error = reader.error();
  out.line = reader.line();
  return out;
}

TEST(PrometheusText, ReadsWhatTheFormatAllows) {
  const Read r = read(
      "# HELP a things, with \"quotes\" and {braces}\n"
      "# TYPE a counter\n"
      "a 1\n"
      "\n"
      "  a:b_c{} 2.5e3\r\n"
      "d{x=\"1\"} -4 1700000000000\n"
      "e{x=\"a\\\"b\\\\\", y = \"}\" ,} +Inf\n"
      "f{x=\"1\"}NaN\n"
      "g 7 # {trace_id=\"abc\"} 1 2.5\n"
      "h\t.5");
  EXPECT_EQ(r.error, "");
  EXPECT_EQ(r.names, (std::vector<std::string>{"a", "a:b_c", "d", "e", "f", "g", "h"}));
  EXPECT_EQ(r.values[1], 2'500);
  EXPECT_EQ(r.values[2], -4);
  EXPECT_TRUE(std::isinf(r.values[3]));
  EXPECT_TRUE(std::isnan(r.values[4]));
  EXPECT_EQ(r.values[6], 0.5);
}

TEST(PrometheusText, FindsLabels) {
  PrometheusReader reader(R"(m{engine="0", model_name="a\"b,c}", tp="1"} 3)");
  const auto series = reader.next();
  ASSERT_TRUE(series);
  EXPECT_EQ(series->label("engine"), "0");
  EXPECT_EQ(series->label("model_name"), R"(a\"b,c})");
  EXPECT_EQ(series->label("tp"), "1");
  EXPECT_EQ(series->label("t"), std::nullopt);
}

TEST(PrometheusText, HugeAndTinyExponentsHaveValues) {
  const Read r = read("a 1e999\nb -1e999\nc 1e-999\n");
  EXPECT_EQ(r.error, "");
  EXPECT_TRUE(std::isinf(r.values[0]) && r.values[0] > 0);
  EXPECT_TRUE(std::isinf(r.values[1]) && r.values[1] < 0);
  EXPECT_EQ(r.values[2], 0);
}

TEST(PrometheusText, StopsAtTheFirstLineThatIsNotValid) {
  const char* wrong[] = {
      "1abc 2",
      "a",
      "a b",
      "a 1 2 3",
      "a 1x",
      "a{x=1} 2",
      "a{x=\"1\" 2",
      "a{x=\"1",
      "a{=\"1\"} 2",
      "a{x\"1\"} 2",
      "a{x=\"1\"y=\"2\"} 3",
      "a 0x10",
      "a --1",
      "{a=\"1\"} 2",
      "a 1 soon",
      "a 1e",
      "<html>",
  };
  for (const char* line : wrong) {
    const Read r = read(std::string("ok 1\n") + line + "\nafter 2\n");
    EXPECT_NE(r.error, "") << line;
    EXPECT_EQ(r.names.size(), 1U) << line;
    EXPECT_EQ(r.line, 2U) << line;
  }
}

TEST(PrometheusText, RefusesLinesAndTextsThatAreTooLong) {
  const std::string label(PrometheusReader::kLongestLine, 'x');
  EXPECT_NE(read("a{x=\"" + label + "\"} 1\n").error, "");
  EXPECT_NE(read("# " + label + "\nb 1").error, "") << "comments too";
  EXPECT_NE(read(std::string(PrometheusReader::kLongestText + 1, '\n')).error, "");
}

RC_GTEST_PROP(PrometheusTextProperty, AnyBytesEndInSeriesOrAnError, (const std::string& bytes)) {
  (void)read(bytes);
  const std::string nearly = "a{x=\"" + bytes + "\"} 1 " + bytes;
  (void)read(nearly);
}

RC_GTEST_PROP(PrometheusTextProperty, NumbersComeBackAsWritten, (double value)) {
  const Read r = read("a " + std::to_string(value) + "\n");
  RC_ASSERT(r.error.empty());
  RC_ASSERT(r.values[0] == std::stod(std::to_string(value)));
}

}  // namespace
}  // namespace penstock::scaling
