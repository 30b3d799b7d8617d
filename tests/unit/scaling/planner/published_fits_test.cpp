// What vendors and engines publish about which model runs on what, beside what the planner says.
#include <gtest/gtest.h>

#include "known_models.h"

namespace penstock::scaling::planner {
namespace {

struct Fit {
  const char* name;
  ModelShape shape;
  std::uint64_t context;
  Hardware on;
  std::uint64_t accelerators;  ///< 0: not on one node
};

class PublishedFit : public testing::TestWithParam<Fit> {};

TEST_P(PublishedFit, NeedsSoManyAccelerators) {
  const Fit& row = GetParam();
  const auto plan = plan_on(wish_for(row.shape, row.context), row.on);
  EXPECT_EQ(plan ? plan->accelerators : 0, row.accelerators)
      << (plan ? plan->why : plan.error().message);
}

// Meta's model cards and the Llama 3.1 announcement (weights of 16, 140 and 810 GB at 16 bits, half
// of it in FP8); the context is 8k, as in the examples of vLLM's guide, unless it matters.
INSTANTIATE_TEST_SUITE_P(
    Llama, PublishedFit,
    testing::Values(
        // A 24 GB card serves the 8B at 16 bits with a short context, a 16 GB card does not.
        Fit{"8BOnL4", kLlama8B.shape, 8192, kL4, 1}, Fit{"8BOnT4", kLlama8B.shape, 8192, kT4, 2},
        Fit{"8BInFp8OnT4", with_bits(kLlama8B.shape, 8), 8192, kT4, 1},
        Fit{"8BWholeContextOnL4", kLlama8B.shape, 131'072, kL4, 2},
        Fit{"8BWholeContextOnH100", kLlama8B.shape, 131'072, kH100, 1},
        // 141 GB of weights: at least two devices of 141 GB, four of 80 GB, one of 192 GB (AMD's
        // guides run the 70B on a single MI300X).
        Fit{"70BOnH100", kLlama70B.shape, 32'768, kH100, 4},
        Fit{"70BOnA100", kLlama70B.shape, 32'768, kA100, 4},
        Fit{"70BOnH200", kLlama70B.shape, 32'768, kH200, 2},
        Fit{"70BOnMI300X", kLlama70B.shape, 32'768, kMI300X, 1},
        Fit{"70BWholeContextOnMI300X", kLlama70B.shape, 131'072, kMI300X, 2},
        // NVIDIA publishes the 70B in FP8 on two H100 and on one H200.
        Fit{"70BInFp8OnH100", with_bits(kLlama70B.shape, 8), 32'768, kH100, 2},
        Fit{"70BInFp8OnH200", with_bits(kLlama70B.shape, 8), 32'768, kH200, 1},
        Fit{"70BIn4BitsOnL40S", with_bits(kLlama70B.shape, 4), 8192, kL40S, 2},
        Fit{"70BOnL4", kLlama70B.shape, 8192, kL4, 0},
        // The 405B: FP8 on one node of eight 80 GB devices, 16 bits not (vLLM's announcement,
        // Meta's paper: two such nodes); one node of eight H200 or MI300X takes the 16 bits (AMD).
        Fit{"405BInFp8OnH100", with_bits(kLlama405B.shape, 8), 131'072, kH100, 8},
        Fit{"405BInFp8OnA100", with_bits(kLlama405B.shape, 8), 8192, kA100, 8},
        Fit{"405BOnH100", kLlama405B.shape, 8192, kH100, 0},
        Fit{"405BOnH200", kLlama405B.shape, 131'072, kH200, 8},
        Fit{"405BOnMI300X", kLlama405B.shape, 131'072, kMI300X, 8},
        Fit{"405BInFp8OnMI300X", with_bits(kLlama405B.shape, 8), 131'072, kMI300X, 4}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Others, PublishedFit,
    testing::Values(
        // llm-d's guides run Qwen3-32B on two H100.
        Fit{"Qwen32BOnH100", kQwen32B.shape, 32'768, kH100, 2},
        Fit{"Qwen32BOnMI300X", kQwen32B.shape, 40'960, kMI300X, 1},
        Fit{"Qwen32BInFp8OnL40S", with_bits(kQwen32B.shape, 8), 32'768, kL40S, 2},
        // SGLang's table for DeepSeek-V3/R1: FP8 on 8 H200 or 8 MI300X, on H100 only two nodes.
        Fit{"R1OnH200", kDeepSeekR1.shape, 163'840, kH200, 8},
        Fit{"R1OnMI300X", kDeepSeekR1.shape, 163'840, kMI300X, 8},
        Fit{"R1OnH100", kDeepSeekR1.shape, 8192, kH100, 0},
        // and upcast to 16 bits two nodes of these (a MI300X node has room left for short calls).
        Fit{"R1At16BitsOnH200", with_bits(kDeepSeekR1.shape, 16), 8192, kH200, 0},
        Fit{"R1At16BitsOnMI300X", with_bits(kDeepSeekR1.shape, 16), 163'840, kMI300X, 0},
        // Mistral's card: the 8x7B at 16 bits takes two 80 GB devices; all experts are in memory.
        Fit{"MixtralOnA100", kMixtral.shape, 32'768, kA100, 2},
        Fit{"MixtralOnMI300X", kMixtral.shape, 32'768, kMI300X, 1},
        Fit{"MixtralIn4BitsOnL40S", with_bits(kMixtral.shape, 4), 8192, kL40S, 1},
        // Microsoft's card: Phi-3-mini with 4k on any card; 128k is 48 GiB of KV cache, because it
        // has as many KV heads as attention heads.
        Fit{"Phi4kOnT4", kPhi3Mini.shape, 4096, kT4, 1},
        Fit{"Phi4kOnA10", kPhi3Mini.shape, 4096, kA10, 1},
        Fit{"Phi128kOnA100", kPhi3Mini.shape, 131'072, kA100, 1},
        Fit{"Phi128kOnL4", kPhi3Mini.shape, 131'072, kL4, 4},
        Fit{"Phi128kOnA10", kPhi3Mini.shape, 131'072, kA10, 0},
        Fit{"Phi128kOnMI300X", kPhi3Mini.shape, 131'072, kMI300X, 1}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(PublishedFits, R1OnH100TakesTwoNodes) {
  Wish wish = wish_for(kDeepSeekR1.shape, 32'768);
  wish.pipeline = 2;
  const auto plan = plan_on(wish, kH100);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->accelerators, 16U);
  EXPECT_EQ(plan->nodes, 2U);
}

struct Capacity {
  const char* name;
  ModelShape shape;
  std::uint64_t tensor;
  double tokens;  ///< of KV cache that vLLM reported
};

class PublishedCapacity : public testing::TestWithParam<Capacity> {};

// vLLM's own figure, "GPU KV cache size", as llm-d's benchmarks of its KV cache index print it
// (llm-d-kv-cache, benchmarking/37-capacity and 73-capacity).
TEST_P(PublishedCapacity, IsMetWithinTwoPercent) {
  const Capacity& row = GetParam();
  Wish wish = wish_for(row.shape, 8192);
  wish.tensor = row.tensor;
  const auto plan = plan_on(wish, kH100);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_NEAR(static_cast<double>(plan->kv_tokens) / row.tokens, 1.0, 0.02);
}

INSTANTIATE_TEST_SUITE_P(Vllm, PublishedCapacity,
                         testing::Values(Capacity{"Llama70B", kLlama70B.shape, 4, 461'000},
                                         Capacity{"Qwen32B", kQwen32B.shape, 2, 307'000}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace penstock::scaling::planner
