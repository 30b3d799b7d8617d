#include "controller/autoscaler/asked.h"

#include <gtest/gtest.h>

#include "scaling_given.h"

namespace penstock::controller::autoscaler {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

crd::AcceleratorProfile profile_of(const std::string& name, const std::string& spec) {
  json::Value value = {{"apiVersion", "penstock.dev/v1alpha1"},
                       {"kind", "AcceleratorProfile"},
                       {"metadata", {{"name", name}}},
                       {"spec", *json::parse_yaml(spec, "test.yaml").documents.at(0).value}};
  return crd::parse_accelerator_profile(value).value();
}

TEST(Asked, WithoutScalingOneReplicaRuns) {
  const auto asked = asked_of("");
  EXPECT_FALSE(asked.configured);
  EXPECT_EQ(asked.settings.min_replicas, 1);
  EXPECT_EQ(asked.settings.max_replicas, 1);
  EXPECT_EQ(asked.generation, 3);
  EXPECT_FALSE(asked.fixed);
}

TEST(Asked, SpecReplicasIsSomebodyElsesDecision) {
  EXPECT_EQ(asked_of("{maxReplicas: 4}", ", replicas: 3").fixed, 3);
}

TEST(Asked, SleepsAfterAsLongAsAskedAndNeverWithinStabilization) {
  EXPECT_EQ(asked_of("{minReplicas: 0}").settings.sleep_after, minutes(5));
  EXPECT_EQ(asked_of("{minReplicas: 0, behavior: {sleepAfter: 30s, scaleDownStabilization: 5s}}")
                .settings.sleep_after,
            seconds(30));
  EXPECT_EQ(asked_of("{minReplicas: 0, behavior: {sleepAfter: 1s, scaleDownStabilization: 40s}}")
                .settings.sleep_after,
            seconds(40));
}

constexpr const char* kEngine =
    "{model: {name: llama, architecture: {parametersMillions: 8030, layers: 32, kvHeads: 8, "
    "headDim: 128}}, engine: {image: i, accelerator: {profile: nvidia-h100-80gb, count: 2}}}";
constexpr const char* kH100 =
    "{vendor: NVIDIA, resourceName: nvidia.com/gpu, memoryBytes: 85899345920, perNode: 8";

TEST(CapacityPrior, ComesFromModelAndAccelerators) {
  const auto two =
      capacity_prior(deployment_of(kEngine),
                     std::vector{profile_of("nvidia-h100-80gb", std::string(kH100) + "}")});
  auto single = deployment_of(kEngine);
  single.spec.engine->accelerator->count = 1;
  const auto one =
      capacity_prior(single, std::vector{profile_of("nvidia-h100-80gb", std::string(kH100) + "}")});
  EXPECT_GT(two.times.prefill, 0);
  EXPECT_LT(two.times.prefill, one.times.prefill);
  EXPECT_LT(two.times.decode, one.times.decode);
  EXPECT_GT(two.limits.kv_tokens, one.limits.kv_tokens);
}

TEST(CapacityPrior, TheProfilesFiguresForTheModelWin) {
  const auto profile =
      profile_of("nvidia-h100-80gb", std::string(kH100) +
                                         ", throughput: [{model: llama, accelerators: 1, "
                                         "prefillTokensPerSecond: 20000, "
                                         "decodeTokensPerSecond: 3000}]}");
  const auto prior = capacity_prior(deployment_of(kEngine), std::vector{profile});
  EXPECT_DOUBLE_EQ(prior.times.prefill, 1 / 40'000.0) << "two accelerators, measured on one";
}

TEST(CapacityPrior, ThePlansKvCacheCounts) {
  auto object = deployment_of(kEngine);
  object.status.plan.emplace();
  object.status.plan->kv_cache_tokens = 123'456;
  EXPECT_EQ(capacity_prior(object, {}).limits.kv_tokens, 123'456);
}

TEST(CapacityPrior, AnUnknownModelHasOneThatDoesNotBind) {
  const auto prior = capacity_prior(deployment_of("{model: {name: m}, engine: {image: i}}"), {});
  EXPECT_GT(prior.times.prefill, 0);
  EXPECT_GT(prior.times.iteration, 0);
  EXPECT_EQ(prior.limits.kv_tokens, 0);
}

}  // namespace
}  // namespace penstock::controller::autoscaler
