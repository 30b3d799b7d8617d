#include "app/dispatch.h"

#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::app {
namespace {

int count_arguments(int argc, char** argv) {
  return std::string(argv[0]) == "count" ? 10 + argc : -1;
}

constexpr CommandRow kRows[] = {{"count", "counts", count_arguments}};

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

Outcome run(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (auto& word : words) {
    argv.push_back(word.data());
  }
  std::ostringstream out;
  std::ostringstream err;
  const int code = dispatch(kRows, "1.2.3", static_cast<int>(argv.size()), argv.data(), out, err);
  return {code, out.str(), err.str()};
}

TEST(Dispatch, HandsTheCommandItsOwnArguments) {
  EXPECT_EQ(run({"penstock", "count", "-x", "y"}).code, 13);
}

TEST(Dispatch, HelpAndVersionGoToStdout) {
  EXPECT_NE(run({"penstock", "--help"}).out.find("count"), std::string::npos);
  EXPECT_EQ(run({"penstock", "--version"}).out, "penstock 1.2.3\n");
  EXPECT_EQ(run({"penstock", "--help"}).code, 0);
}

TEST(Dispatch, AnUnknownCommandIsNamedWithTheListAndExitsTwo) {
  const Outcome outcome = run({"penstock", "cuont"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.out.empty());
  EXPECT_NE(outcome.err.find("\"cuont\""), std::string::npos);
  EXPECT_NE(outcome.err.find("count"), std::string::npos);
}

TEST(Dispatch, NoCommandExitsTwo) {
  EXPECT_EQ(run({"penstock"}).code, 2);
}

TEST(Dispatch, SpeaksAsAKubectlPlugin) {
  const Outcome outcome = run({"/usr/bin/kubectl-penstock", "--help"});
  EXPECT_NE(outcome.out.find("Usage: kubectl penstock COMMAND"), std::string::npos);
}

}  // namespace
}  // namespace penstock::app
