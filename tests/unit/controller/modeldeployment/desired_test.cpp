#include "controller/modeldeployment/desired.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "model_input.h"

namespace penstock::controller::modeldeployment {
namespace {

constexpr const char* kSmall = "{model: {name: m}, engine: {image: penstock, args: [engine]}}";

std::vector<std::string> kinds(const Input& input) {
  std::vector<std::string> out;
  for (const auto& child : desired(input, decide(input))) {
    out.emplace_back(child.slot.resource.kind);
  }
  return out;
}

TEST(Desired, MakesWorkloadAddressAccountAndBudget) {
  EXPECT_EQ(
      kinds(input_of(kSmall)),
      (std::vector<std::string>{"ServiceAccount", "Service", "PodDisruptionBudget", "Deployment"}));
}

TEST(Desired, IsTheSameEveryTime) {
  const auto input = input_of(kSmall);
  EXPECT_EQ(child_of(input, "Deployment"), child_of(input, "Deployment"));
}

TEST(Desired, EveryChildIsASlotWithOwnerAndLabel) {
  const auto input = input_of("{model: {name: m}, engine: {cache: {size: 1Gi, shared: true}}}");
  const auto slots = all_slots("llama");
  const auto children = desired(input, decide(input));
  EXPECT_EQ(children.size(), slots.size());
  for (const auto& child : children) {
    EXPECT_NE(std::ranges::find(slots, child.slot), slots.end()) << child.slot.name;
    const auto& metadata = child.intent.value().at("metadata");
    EXPECT_EQ(metadata.at("ownerReferences").at(0).at("uid"), "u1");
    EXPECT_EQ(metadata.at("labels").at("app.kubernetes.io/managed-by"), "penstock");
    EXPECT_EQ(metadata.at("namespace"), "team");
  }
}

TEST(Desired, NothingForAProvider) {
  const auto input =
      input_of("{model: {name: m}, provider: {type: OpenAICompatible, endpoint: 'https://x/v1'}}");
  EXPECT_TRUE(desired(input, decide(input)).empty());
}

TEST(Desired, RolloutTakesNoCapacityAway) {
  const auto strategy = child_of(input_of(kSmall), "Deployment").at("spec").at("strategy");
  EXPECT_EQ(strategy.at("rollingUpdate").at("maxUnavailable"), 0);
  EXPECT_EQ(strategy.at("rollingUpdate").at("maxSurge"), 1);
}

TEST(Desired, RunsUnderTheRestrictedStandard) {
  const auto pod = child_of(input_of(kSmall), "Deployment").at("/spec/template/spec"_json_pointer);
  EXPECT_EQ(pod.at("securityContext").at("runAsNonRoot"), true);
  EXPECT_EQ(pod.at("securityContext").at("seccompProfile").at("type"), "RuntimeDefault");
  EXPECT_EQ(pod.at("automountServiceAccountToken"), false);
  const auto& security = pod.at("containers").at(0).at("securityContext");
  EXPECT_EQ(security.at("allowPrivilegeEscalation"), false);
  EXPECT_EQ(security.at("capabilities").at("drop"), json::Value::array({"ALL"}));
}

TEST(Desired, StartupProbeGivesTheWholeTimeToLoad) {
  const auto container = container_of(
      input_of("{model: {name: m}, engine: {image: i, startupTimeout: 10m, healthPath: /up}}"));
  const auto& probe = container.at("startupProbe");
  EXPECT_EQ(probe.at("failureThreshold").get<int>() * probe.at("periodSeconds").get<int>(), 600);
  EXPECT_EQ(probe.at("httpGet").at("path"), "/up");
}

TEST(Desired, ALeavingPodGoesOnUntilGatewaysKnow) {
  const auto sleep = container_of(input_of(kSmall)).at("/lifecycle/preStop/sleep"_json_pointer);
  EXPECT_GE(sleep.at("seconds"), 5);
}

TEST(Desired, TheUsersVariableTakesThePlaceOfOurs) {
  const auto env = container_of(input_of("{model: {name: m}, engine: {image: i, env: [{name: "
                                         "HOME, value: /x}, {name: K, secretKeyRef: {name: s, "
                                         "key: k}}]}}"))
                       .at("env");
  EXPECT_EQ(std::ranges::count_if(env, [](const auto& item) { return item["name"] == "HOME"; }), 1);
  EXPECT_NE(std::ranges::find(env, json::Value({{"name", "HOME"}, {"value", "/x"}})), env.end());
  EXPECT_NE(std::ranges::find(env, json::Value({{"name", "PORT"}, {"value", "8000"}})), env.end());
  EXPECT_EQ(env.back().at("valueFrom").at("secretKeyRef").at("name"), "s");
}

TEST(Desired, PlacesByProfile) {
  Input input = input_of(
      "{model: {name: m}, engine: {accelerator: {profile: h100, count: 2}, "
      "nodeSelector: {zone: a}, tolerations: [{key: mine}]}}");
  add_profile(input, "h100", kH100);
  const auto pod = child_of(input, "Deployment").at("/spec/template/spec"_json_pointer);
  EXPECT_EQ(pod.at("nodeSelector"), (json::Value{{"gpu", "h100"}, {"zone", "a"}}));
  EXPECT_EQ(pod.at("tolerations").size(), 2U);
  const auto& resources = pod.at("containers").at(0).at("resources");
  EXPECT_EQ(resources.at("limits").at("nvidia.com/gpu"), "2");
  EXPECT_EQ(resources.at("requests").at("nvidia.com/gpu"), "2");
}

TEST(Desired, SharedCacheIsOneClaimAndOwnCacheGoesWithThePod) {
  const auto shared = input_of("{model: {name: m}, engine: {cache: {size: 1Gi, shared: true}}}");
  EXPECT_EQ(child_of(shared, "PersistentVolumeClaim").at("spec").at("accessModes"),
            json::Value::array({"ReadWriteMany"}));
  const auto own = input_of("{model: {name: m}, engine: {cache: {size: 1Gi}}}");
  EXPECT_TRUE(child_of(own, "PersistentVolumeClaim").is_null());
  const auto volumes = child_of(own, "Deployment").at("/spec/template/spec/volumes"_json_pointer);
  EXPECT_TRUE(std::ranges::any_of(volumes,
                                  [](const auto& volume) { return volume.contains("ephemeral"); }));
}

TEST(Desired, ForeignServiceAccountIsUsedAndNoneMade) {
  const auto input = input_of("{model: {name: m}, engine: {image: i, serviceAccountName: mine}}");
  EXPECT_TRUE(child_of(input, "ServiceAccount").is_null());
  EXPECT_EQ(child_of(input, "Deployment").at("/spec/template/spec/serviceAccountName"_json_pointer),
            "mine");
}

TEST(Desired, PodTemplateComesLast) {
  const auto input = input_of(
      "{model: {name: m}, engine: {image: i, podTemplate: {spec: "
      "{terminationGracePeriodSeconds: 7}}}}");
  EXPECT_EQ(child_of(input, "Deployment")
                .at("/spec/template/spec/terminationGracePeriodSeconds"_json_pointer),
            7);
}

}  // namespace
}  // namespace penstock::controller::modeldeployment
