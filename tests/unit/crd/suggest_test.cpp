#include "crd/suggest.h"

#include <array>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crd/validate.h"
#include "json/yaml.h"

namespace penstock::crd {
namespace {

TEST(Suggest, FindsTheNearestWord) {
  constexpr std::array<std::string_view, 3> kWords{"minReplicas", "maxReplicas", "target"};
  EXPECT_EQ(nearest("minreplicas", kWords), "minReplicas");
  EXPECT_EQ(nearest("max_replicas", kWords), "maxReplicas");
  EXPECT_EQ(nearest("tarGte", kWords), "target");
  EXPECT_EQ(nearest("something", kWords), "");
  EXPECT_EQ(nearest("", kWords), "");
}

std::string remedy(std::string_view text) {
  const auto violations = validate(*json::parse_yaml(text, "t").documents.at(0).value);
  return violations.empty() ? "no violation" : violations.front().remedy;
}

TEST(Suggest, MisspeltAndMisplacedFields) {
  const std::string head =
      "apiVersion: penstock.dev/v1alpha1\nkind: ModelDeployment\nmetadata: {name: a}\n";
  EXPECT_EQ(remedy(head + "spec: {model: {name: a}, engin: {}}"), "did you mean \"engine\"?");
  EXPECT_EQ(remedy(head + "spec: {model: {name: a}, engine: {}, minReplicas: 2}"),
            "did you mean \"scaling.minReplicas\"?");
  EXPECT_EQ(
      remedy(head + "spec: {model: {name: a, xyzzy: 1}, engine: {}}"),
      "remove it; the fields here are name, aliases, version, task, contextLength, architecture");
  EXPECT_EQ(remedy(head + "spec: {model: {name: a}, engine: {type: vllm}}"),
            "did you mean \"VLLM\"?");
  EXPECT_EQ(remedy(head + "spec: {model: {name: a}, engine: {port: \"80\"}}"),
            "write a whole number here, without quotes");
  EXPECT_EQ(remedy(head + "spec: {model: {name: a, version: 2}, engine: {}}"),
            "put it in quotes: \"2\"");
}

TEST(Suggest, RequiredFieldsAreExplained) {
  EXPECT_EQ(remedy("apiVersion: penstock.dev/v1alpha1\nkind: ModelRoute\nmetadata: {name: "
                   "a}\nspec: {gatewayRefs: [{name: g}]}"),
            "add tiers: Groups of deployments in order of preference.");
}

}  // namespace
}  // namespace penstock::crd
