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

TEST(Fit, CountsTheKvCacheOfOneToken) {
  const auto input = input_of(k70B);
  EXPECT_EQ(kv_bytes_per_token(*input.object.spec.model.architecture), 2 * 80 * 8 * 128 * 2);
}

}  // namespace
}  // namespace penstock::controller::modeldeployment
