#include "controller/modeldeployment/fit.h"

#include <gtest/gtest.h>

#include "model_input.h"

namespace penstock::controller::modeldeployment {
namespace {

constexpr const char* k70B =
    "model: {name: llama-70b, contextLength: 32768, architecture: {parametersMillions: 70554, "
    "layers: 80, kvHeads: 8, headDim: 128}}\n"
    "engine: {accelerator: {profile: h100}}";

FitResult fit(const Input& input) {
  return fit_model(input.object.spec.model, *input.object.spec.engine, input.profiles);
}

TEST(Fit, TakesTheSmallestPowerOfTwo) {
  Input input = input_of(k70B);
  add_profile(input, "h100", kH100);
  const auto result = fit(input);
  ASSERT_FALSE(result.problem) << result.problem->message;
  EXPECT_EQ(result.fit.accelerators, 4);  // 144 GB of weights, 10 GB of KV, 75 GB in each
  EXPECT_EQ(result.fit.tensor_parallel, 4);
  EXPECT_EQ(result.fit.resource_name, "nvidia.com/gpu");
  EXPECT_GT(result.fit.kv_cache_tokens.value_or(0), 32768);
}

TEST(Fit, NamesTheSmallestProfileThatFits) {
  Input input = input_of(k70B);
  input.object.spec.engine->accelerator->profile = "l4";
  add_profile(input, "l4", kL4);
  add_profile(input, "h100", kH100);
  const auto result = fit(input);
  ASSERT_TRUE(result.problem);
  EXPECT_EQ(result.problem->reason, "InsufficientMemory");
  EXPECT_NE(result.problem->message.find("smallest profile that fits is h100"), std::string::npos)
      << result.problem->message;
}

TEST(Fit, KeepsACountThatTheUserFixed) {
  Input input = input_of(
      "{model: {name: m}, engine: {accelerator: {profile: h100, count: 2}, "
      "parallelism: {pipeline: 2}}}");
  add_profile(input, "h100", kH100);
  const auto result = fit(input);
  EXPECT_EQ(result.fit.accelerators, 2);
  EXPECT_EQ(result.fit.tensor_parallel, 1);
  EXPECT_EQ(result.fit.pipeline_parallel, 2);
}

TEST(Fit, SaysThatTheProfileIsMissing) {
  const auto result = fit(input_of(k70B));
  ASSERT_TRUE(result.problem);
  EXPECT_EQ(result.problem->reason, "AcceleratorProfileNotFound");
}

TEST(Fit, AssumesOneWithoutAShape) {
  Input input = input_of("{model: {name: m}, engine: {accelerator: {profile: h100}}}");
  add_profile(input, "h100", kH100);
  EXPECT_EQ(fit(input).fit.accelerators, 1);
}

TEST(Fit, NothingIsReckonedWithoutAShape) {
  Input input = input_of("{model: {name: m}, engine: {accelerator: {profile: h100}}}");
  add_profile(input, "h100", kH100);
  const auto found = fit(input).fit;
  EXPECT_FALSE(found.weights_bytes);
  EXPECT_FALSE(found.max_sequences);
  EXPECT_NE(found.explanation.find("model.architecture is not given"), std::string::npos);
}

TEST(Fit, GivesTheEngineItsNumbers) {
  Input input = input_of(k70B);
  add_profile(input, "h100", kH100);
  const auto found = fit(input).fit;
  EXPECT_EQ(found.kv_bytes_per_token, 2 * 80 * 8 * 128 * 2);
  EXPECT_EQ(found.calls_at_context, *found.kv_cache_tokens / 32768);
  EXPECT_GE(*found.max_sequences, *found.calls_at_context);
  EXPECT_NE(found.explanation.find("4 x h100 (tensor 4)"), std::string::npos) << found.explanation;
}

struct WrongRow {
  const char* name;
  const char* engine;
  const char* says;
};

class Wrong : public testing::TestWithParam<WrongRow> {};

TEST_P(Wrong, ParallelismIsRefusedWithTheSizeThatWorks) {
  Input input = input_of(
      "model: {name: m, architecture: {parametersMillions: 8030, layers: 32, attentionHeads: 32, "
      "kvHeads: 8, headDim: 128}}\nengine: " +
      std::string(GetParam().engine));
  add_profile(input, "h100", kH100);
  const auto result = fit(input);
  ASSERT_TRUE(result.problem);
  EXPECT_EQ(result.problem->reason, "InvalidParallelism");
  EXPECT_NE(result.problem->message.find(GetParam().says), std::string::npos)
      << result.problem->message;
}

INSTANTIATE_TEST_SUITE_P(
    Fixed, Wrong,
    testing::Values(
        WrongRow{"Count", "{accelerator: {profile: h100, count: 3}}",
                 "tensor size 3, and that does not divide the 32 attention heads; use 2"},
        WrongRow{"OverTheDomain", "{accelerator: {profile: h100}, parallelism: {tensor: 16}}",
                 "h100 joins 8 accelerators; use at most 8"},
        // One pod is one replica, so far.
        WrongRow{"TwoNodes",
                 "{accelerator: {profile: h100}, parallelism: {tensor: 8, pipeline: 2}}",
                 "takes 2 nodes of 8 x h100, and a replica may span 1"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Fit, NeverOffersMoreNodesThanAReplicaMaySpan) {
  Input input = input_of(
      "model: {name: r1, architecture: {parametersMillions: 671026, layers: 61, attentionHeads: "
      "128, kvLatentDim: 576, hiddenSize: 7168, weightBits: 8}}\nengine: {accelerator: {profile: "
      "h100}}");
  add_profile(input, "h100", kH100);
  const auto result = fit(input);
  ASSERT_TRUE(result.problem);
  EXPECT_EQ(result.problem->reason, "InsufficientMemory");
  EXPECT_EQ(result.problem->message.find("pipeline"), std::string::npos) << result.problem->message;
  add_profile(input, "h200",
              "{vendor: NVIDIA, resourceName: nvidia.com/gpu, memoryBytes: 150022914048, perNode: "
              "8}");
  EXPECT_NE(fit(input).problem->message.find("the smallest profile that fits is h200"),
            std::string::npos);
}

TEST(Fit, AModelMustFitTheMemoryOfACpuNodeToo) {
  Input input = input_of(k70B);
  add_profile(input, "h100", "{vendor: CPU, resourceName: cpu, memoryBytes: 64000000000}");
  EXPECT_EQ(fit(input).problem->reason, "InsufficientMemory");
  input.object.spec.model.architecture->weight_bits = 4;
  const auto result = fit(input);
  ASSERT_FALSE(result.problem) << result.problem->message;
  EXPECT_EQ(result.fit.accelerators, 0);
  EXPECT_TRUE(result.fit.resource_name.empty());
}

}  // namespace
}  // namespace penstock::controller::modeldeployment
