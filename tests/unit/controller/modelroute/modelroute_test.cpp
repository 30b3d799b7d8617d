#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "controller/modelroute/decide.h"
#include "controller/modelroute/reasons.h"
#include "controller/modelroute/status.h"
#include "json/yaml.h"
#include "runtime/conditions.h"

namespace penstock::controller::modelroute {
namespace {

json::Value object_of(const std::string& kind, const std::string& full_name,
                      const std::string& spec) {
  const auto slash = full_name.find('/');
  return {{"apiVersion", "penstock.dev/v1alpha1"},
          {"kind", kind},
          {"metadata",
           {{"namespace", full_name.substr(0, slash)}, {"name", full_name.substr(slash + 1)}}},
          {"spec", *json::parse_yaml(spec, "x").documents.at(0).value}};
}

Input input_of(const std::string& spec) {
  Input input;
  input.object = crd::parse_model_route(object_of("ModelRoute", "team/r", spec)).value();
  input.resources.routes.push_back(input.object);
  return input;
}

void add_gateway(Input& input, const std::string& name, bool programmed) {
  auto gateway = crd::parse_inference_gateway(
                     object_of("InferenceGateway", name, "{listeners: [{name: h, port: 80}]}"))
                     .value();
  crd::Condition condition;
  condition.type = "Programmed";
  condition.status = programmed ? "True" : "False";
  gateway.status.conditions.push_back(condition);
  input.resources.gateways.push_back(std::move(gateway));
}

void add_deployment(Input& input, const std::string& name, const std::string& more = "") {
  input.resources.deployments.push_back(
      crd::parse_model_deployment(
          object_of("ModelDeployment", name, "{model: {name: m}, engine: {image: i}" + more + "}"))
          .value());
}

constexpr const char* kRoute =
    "{gatewayRefs: [{name: main}], tiers: [{backends: [{deploymentRef: {name: a}}]}]}";

std::string shown(const crd::model_route::Status& status, std::string_view type) {
  for (const auto& item : status.conditions) {
    EXPECT_TRUE(std::ranges::find(kReasons, item.reason, &Reason::name) != kReasons.end())
        << item.reason << " is not in the table of reasons";
  }
  const auto* condition = runtime::find_condition(status.conditions, type);
  return condition == nullptr ? "" : condition->status + " " + condition->reason;
}

crd::model_route::Status status_of(const Input& input) {
  return status_of(input, decide(input));
}

TEST(ModelRoute, IsInForceWhenItsGatewayRunsIt) {
  Input input = input_of(kRoute);
  add_gateway(input, "team/main", true);
  add_deployment(input, "team/a");
  const auto status = status_of(input);
  EXPECT_EQ(shown(status, "Accepted"), "True Accepted");
  EXPECT_EQ(shown(status, "ResolvedRefs"), "True ResolvedRefs");
  EXPECT_EQ(shown(status, "Programmed"), "True Programmed");
  ASSERT_EQ(status.gateways.size(), 1U);
  EXPECT_TRUE(status.gateways[0].accepted);
}

TEST(ModelRoute, WaitsForItsGateway) {
  Input input = input_of(kRoute);
  add_gateway(input, "team/main", false);
  add_deployment(input, "team/a");
  EXPECT_EQ(shown(status_of(input), "Programmed"), "False GatewayNotProgrammed");
}

TEST(ModelRoute, SaysThatItsGatewayIsMissing) {
  Input input = input_of(kRoute);
  add_deployment(input, "team/a");
  const auto status = status_of(input);
  EXPECT_EQ(shown(status, "Accepted"), "False GatewayNotFound");
  EXPECT_EQ(shown(status, "ResolvedRefs"), "False GatewayNotFound");
  EXPECT_EQ(status.gateways[0].reason, "GatewayNotFound");
}

TEST(ModelRoute, OneGatewayOfTwoIsAccepted) {
  Input input = input_of(
      "{gatewayRefs: [{name: main}, {name: other}], tiers: [{backends: [{deploymentRef: {name: "
      "a}}]}]}");
  add_gateway(input, "team/main", true);
  add_deployment(input, "team/a");
  const auto status = status_of(input);
  EXPECT_EQ(shown(status, "Accepted"), "True Accepted");
  EXPECT_EQ(shown(status, "Programmed"), "False GatewayNotFound");
  EXPECT_TRUE(status.gateways[0].accepted);
  EXPECT_FALSE(status.gateways[1].accepted);
}

TEST(ModelRoute, AMissingDeploymentIsTheReasonOfAnEmptyRoute) {
  Input input = input_of(kRoute);
  add_gateway(input, "team/main", true);
  const auto status = status_of(input);
  EXPECT_EQ(shown(status, "Accepted"), "False DeploymentNotFound");
  EXPECT_EQ(shown(status, "ResolvedRefs"), "False DeploymentNotFound");
}

TEST(ModelRoute, ForeignDeploymentsNeedConsent) {
  Input input = input_of(
      "{gatewayRefs: [{name: main}], tiers: [{backends: [{deploymentRef: {name: a, namespace: "
      "other}}, {deploymentRef: {name: b}}]}]}");
  add_gateway(input, "team/main", true);
  add_deployment(input, "team/b");
  add_deployment(input, "other/a");
  auto status = status_of(input);
  EXPECT_EQ(shown(status, "Accepted"), "True Accepted") << "the other backend is left";
  EXPECT_EQ(shown(status, "ResolvedRefs"), "False NotShared");
  input.resources.deployments.pop_back();
  add_deployment(input, "other/a", ", sharedWith: [{namespaceSelector: {matchLabels: {t: x}}}]");
  input.resources.namespaces["team"] = {{"t", "x"}};
  EXPECT_EQ(shown(status_of(input), "ResolvedRefs"), "True ResolvedRefs");
}

TEST(ModelRoute, NothingInsideTheResidency) {
  Input input = input_of(
      "{gatewayRefs: [{name: main}], residency: {allow: [EU]}, tiers: [{backends: "
      "[{deploymentRef: {name: a}}]}]}");
  add_gateway(input, "team/main", true);
  add_deployment(input, "team/a");
  EXPECT_EQ(shown(status_of(input), "Accepted"), "False ResidencyExcluded");
  input.resources.cluster_residency = "EU";
  EXPECT_EQ(shown(status_of(input), "Accepted"), "True Accepted");
}

TEST(ModelRoute, VersionsDoNotMixUnasked) {
  Input input = input_of(
      "{gatewayRefs: [{name: main}], tiers: [{backends: [{deploymentRef: {name: a}}, "
      "{deploymentRef: {name: b}}]}]}");
  add_gateway(input, "team/main", true);
  add_deployment(input, "team/a");
  add_deployment(input, "team/b");
  input.resources.deployments.back().spec.model.version = "2";
  EXPECT_EQ(shown(status_of(input), "ResolvedRefs"), "False VersionsMixed");
}

TEST(ModelRoute, UnsafeToIgnoreIsNotServed) {
  Input input = input_of(
      "{gatewayRefs: [{name: main}], privacy: {redact: [Email]}, tiers: [{backends: "
      "[{deploymentRef: {name: a}}]}]}");
  add_gateway(input, "team/main", true);
  add_deployment(input, "team/a");
  EXPECT_EQ(shown(status_of(input), "Accepted"), "False NotSupported");
}

}  // namespace
}  // namespace penstock::controller::modelroute
