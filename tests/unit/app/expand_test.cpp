#include "app/supervise/expand.h"

#include <gtest/gtest.h>

namespace penstock::app::supervise {
namespace {

struct Row {
  std::string text;
  std::string expected;
};

TEST(Expand, FollowsKubernetes) {
  const std::map<std::string, std::string> names{{"PORT", "9001"}, {"EMPTY", ""}};
  const Row rows[] = {
      {"--port=$(PORT)", "--port=9001"},
      {"$(PORT)$(PORT)", "90019001"},
      {"$(EMPTY)", ""},
      {"$(UNKNOWN)", "$(UNKNOWN)"},
      {"$$(PORT)", "$(PORT)"},
      {"$PORT", "$PORT"},
      {"${PORT}", "${PORT}"},
      {"$(PORT", "$(PORT"},
      {"costs 5$", "costs 5$"},
      {"", ""},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(expand(row.text, names), row.expected) << row.text;
  }
}

TEST(Expand, EnvironmentRefersToEarlierEntriesOnly) {
  const Environment expected{{"PORT", "9001"}, {"URL", "http://h:9001"}, {"A", "$(B)"}, {"B", "1"}};
  EXPECT_EQ(expand_environment(
                {{"PORT", "9001"}, {"URL", "http://h:$(PORT)"}, {"A", "$(B)"}, {"B", "1"}}),
            expected);
}

TEST(Expand, ArgumentsSeeTheLastValueOfAName) {
  const std::vector<std::string> expected{"serve", "--x=2"};
  EXPECT_EQ(expand_arguments({"serve", "--x=$(X)"}, {{"X", "1"}, {"X", "2"}}), expected);
}

}  // namespace
}  // namespace penstock::app::supervise
