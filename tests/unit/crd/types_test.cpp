// Typed objects: what is read, defaulted, kept and written back.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crd/generated/consumer.h"
#include "crd/generated/model_deployment.h"
#include "crd/generated/model_route.h"
#include "crd/generated/token_quota.h"
#include "json/write.h"
#include "json/yaml.h"

namespace penstock::crd {
namespace {

json::Value yaml(std::string_view text) {
  return *json::parse_yaml(text, "t.yaml").documents.at(0).value;
}

constexpr std::string_view kDeployment = R"(
apiVersion: penstock.dev/v1alpha1
kind: ModelDeployment
metadata: {name: llama, namespace: ai, labels: {team: a}, resourceVersion: "7", managedFields: [{manager: kubectl}]}
spec:
  model: {name: llama, contextLength: 4096, futureField: {deep: [1, 2]}}
  replicas: 0
  engine:
    type: QuantumLLM
    cache: {size: 1.5Gi, shared: false}
    env: [{name: A, value: ""}]
    tolerations: [{key: gpu, operator: Exists, novel: 1}]
    podTemplate: {spec: {hostNetwork: true}}
  scaling: {coldStart: {maxWait: 90s}}
futureTop: 1
)";

TEST(Types, ReadsFieldsAndDefaults) {
  const auto object = parse_model_deployment(yaml(kDeployment));
  ASSERT_TRUE(object) << object.error().to_string();
  EXPECT_EQ(object->metadata.full_name(), "ai/llama");
  EXPECT_EQ(object->spec.model.task, model_deployment::ModelTask::kChat) << "default";
  EXPECT_EQ(object->spec.model.context_length, 4096);
  EXPECT_EQ(object->spec.replicas, 0) << "0 is a value, not an absence";
  const auto engine = object->spec.engine.value_or(model_deployment::Engine{});
  EXPECT_EQ(engine.port, 8000);
  EXPECT_EQ(engine.startup_timeout, std::chrono::minutes(30));
  EXPECT_EQ(engine.cache.value_or(model_deployment::Cache{}).size.value(), 1610612736);
  EXPECT_EQ(engine.env.at(0).value, "");
  EXPECT_FALSE(object->spec.provider);
  const auto scaling = object->spec.scaling.value_or(model_deployment::Scaling{});
  EXPECT_EQ(scaling.cold_start.value_or(model_deployment::ColdStart{}).max_wait,
            std::chrono::seconds(90));
  EXPECT_EQ(scaling.max_replicas, 1);
  EXPECT_FALSE(scaling.behavior) << "defaults do not create their parents";
}

TEST(Types, KeepsWhatItDoesNotKnow) {
  const auto object = parse_model_deployment(yaml(kDeployment));
  ASSERT_TRUE(object);
  const auto engine = object->spec.engine.value_or(model_deployment::Engine{});
  EXPECT_EQ(engine.type, model_deployment::EngineType::kUnknown);
  EXPECT_EQ(engine.type.name(), "QuantumLLM");
  const json::Value written = write_model_deployment(*object);
  EXPECT_EQ(written["futureTop"], 1);
  EXPECT_EQ(written["spec"]["model"]["futureField"]["deep"][1], 2);
  EXPECT_EQ(written["spec"]["engine"]["type"], "QuantumLLM");
  EXPECT_EQ(written["spec"]["engine"]["tolerations"][0]["novel"], 1);
  EXPECT_EQ(written["spec"]["engine"]["podTemplate"]["spec"]["hostNetwork"], true);
  EXPECT_EQ(written["spec"]["engine"]["cache"]["size"], "1.5Gi") << "as it was written";
  EXPECT_EQ(written["spec"]["replicas"], 0);
  EXPECT_EQ(written["metadata"]["managedFields"][0]["manager"], "kubectl");
  EXPECT_EQ(written["apiVersion"], "penstock.dev/v1alpha1");
  EXPECT_FALSE(written.contains("status")) << "an empty status is not written";
}

TEST(Types, WritingAndReadingAgainIsEqual) {
  const auto object = parse_model_deployment(yaml(kDeployment));
  ASSERT_TRUE(object);
  const auto again = parse_model_deployment(write_model_deployment(*object));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(*again, *object);
  ModelDeployment changed = *object;
  changed.spec.engine.emplace().port = 9000;
  EXPECT_NE(changed, *object);
}

TEST(Types, UnknownFieldsFollowTheirItemsWhenAListIsReordered) {
  auto object = parse_model_route(yaml(R"(
kind: ModelRoute
metadata: {name: r}
spec: {gatewayRefs: [{name: a, x: 1}, {name: b, x: 2}], tiers: [{backends: [{deploymentRef: {name: d}}]}]}
)"));
  ASSERT_TRUE(object);
  std::swap(object->spec.gateway_refs[0], object->spec.gateway_refs[1]);
  const json::Value written = write_model_route(*object);
  EXPECT_EQ(written["spec"]["gatewayRefs"][0]["name"], "b");
  EXPECT_EQ(written["spec"]["gatewayRefs"][0]["x"], 2);
}

TEST(Types, ErrorsNameThePath) {
  const auto wrong_type = parse_model_route(yaml(R"(
metadata: {name: r}
spec: {gatewayRefs: [{name: a}], tiers: [{backends: [{deploymentRef: {name: d}, weight: heavy}]}]}
)"));
  ASSERT_FALSE(wrong_type);
  EXPECT_EQ(wrong_type.error().message(),
            "spec.tiers[0].backends[0].weight: must be an integer, not string");
  const auto missing = parse_model_route(yaml("metadata: {name: r}\nspec: {gatewayRefs: []}\n"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message(), "spec: required field \"tiers\" is missing");
  const auto no_spec = parse_model_route(yaml("metadata: {name: r}\n"));
  EXPECT_EQ(no_spec.error().message(), "the object: required field \"spec\" is missing");
  const auto duration = parse_model_route(yaml(R"(
spec: {gatewayRefs: [], tiers: [], resilience: {perTryTimeout: soon}}
)"));
  ASSERT_FALSE(duration);
  EXPECT_TRUE(duration.error().message().starts_with("spec.resilience.perTryTimeout: "))
      << duration.error().message();
  EXPECT_FALSE(parse_model_route(yaml("[]")));
  const auto wide = parse_model_route(
      yaml("spec: {gatewayRefs: [], tiers: [], resilience: {attempts: 4294967296}}"));
  EXPECT_EQ(wide.error().message(),
            "spec.resilience.attempts: 4294967296 does not fit a 32-bit integer");
}

TEST(Types, NestedDefaultsOfObjects) {
  const auto object = parse_model_route(yaml(R"(
spec: {gatewayRefs: [{name: a}], tiers: [{backends: [{deploymentRef: {name: d}}]}]}
)"));
  ASSERT_TRUE(object);
  EXPECT_EQ(object->spec.resilience.attempts, 3);
  EXPECT_EQ(object->spec.resilience.breaker.open_for, std::chrono::seconds(10));
  EXPECT_TRUE(object->spec.tiers[0].spill.keep_full);
  EXPECT_EQ(object->spec.balancing.algorithm, model_route::BalancingAlgorithm::kAuto);
}

TEST(Types, IntegerOrWord) {
  const auto parse = [](std::string_view priority) {
    return parse_consumer(yaml("spec: {credentials: [], priority: " + std::string(priority) + "}"));
  };
  EXPECT_EQ(parse("Batch")->spec.priority.text(), "Batch");
  EXPECT_EQ(parse("-5")->spec.priority.as_int(), -5);
  EXPECT_EQ(parse_consumer(yaml("spec: {credentials: []}"))->spec.priority.text(), "Standard");
  EXPECT_FALSE(parse("[1]"));
}

TEST(Types, ConditionsAndTimes) {
  auto object = parse_consumer(yaml(R"(
spec: {credentials: [], expiresAt: "2026-12-31T23:59:59+01:00"}
status:
  conditions: [{type: Ready, status: "True", lastTransitionTime: "2026-03-01T08:00:00Z", reason: Ok, message: ""}]
)"));
  ASSERT_TRUE(object) << object.error().to_string();
  const json::Value written = write_consumer(*object);
  EXPECT_EQ(written["spec"]["expiresAt"], "2026-12-31T22:59:59Z");
  EXPECT_EQ(written["status"]["conditions"][0]["lastTransitionTime"], "2026-03-01T08:00:00Z");
  EXPECT_EQ(written["status"]["conditions"][0]["message"], "")
      << "required fields are written even when empty";
}

}  // namespace
}  // namespace penstock::crd
