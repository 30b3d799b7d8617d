#include "controller/snapshot/precedence.h"

#include <gtest/gtest.h>

namespace penstock::controller::snapshot {
namespace {

RouteWithAge route(const std::string& name, std::vector<std::string> models = {}, int created = 0) {
  RouteWithAge out;
  out.route.name = name;
  out.route.models = std::move(models);
  out.created = WallTime(std::chrono::seconds(created));
  return out;
}

std::vector<std::string> sorted(std::vector<RouteWithAge> routes) {
  sort_by_precedence(routes);
  std::vector<std::string> names;
  for (const auto& item : routes) {
    names.push_back(item.route.name);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(Precedence, MoreConditionsGoFirst) {
  auto plain = route("plain");
  auto path = route("path");
  path.route.paths = {"/v1/chat"};
  auto longer = route("longer");
  longer.route.paths = {"/v1", "/v1/chat/completions"};
  auto header = route("header");
  header.route.headers = {{"x-team", "a"}};
  auto two = route("two");
  two.route.headers = {{"x-team", "a"}, {"x-env", "b"}};
  auto consumers = route("consumers");
  consumers.route.consumer_labels.emplace();
  EXPECT_EQ(sorted({plain, path, longer, header, two, consumers}),
            (Names{"two", "longer", "path", "consumers", "header", "plain"}));
}

TEST(Precedence, ExactModelsBeforePatternsAndLongBeforeShort) {
  EXPECT_EQ(sorted({route("all", {"*"}), route("gpt", {"gpt-*"}), route("gpt4", {"gpt-4*"}),
                    route("exact", {"gpt-4o"})}),
            (Names{"exact", "gpt4", "gpt", "all"}));
}

TEST(Precedence, BetweenEqualsTheOlderThenTheName) {
  EXPECT_EQ(sorted({route("b", {}, 2), route("a", {}, 2), route("z", {}, 1)}),
            (Names{"z", "a", "b"}));
}

TEST(Precedence, PrecisionCountsTheTextOutsideOfWildcards) {
  EXPECT_EQ(model_precision({"*"}), 0U);
  EXPECT_EQ(model_precision({"gpt-*", "a*"}), 4U);
  EXPECT_EQ(model_precision({}), 0U);
  EXPECT_GT(model_precision({"a"}), model_precision({"a-very-long-pattern-with-a-star-*"}));
}

}  // namespace
}  // namespace penstock::controller::snapshot
