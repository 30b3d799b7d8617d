#include "scaling/planner/layout.h"

#include <gtest/gtest.h>

#include "known_models.h"

namespace penstock::scaling::planner {
namespace {

std::string shown(const Wish& wish, const Hardware& on) {
  const auto found = layouts(wish, on);
  if (!found) {
    return found.error().message();
  }
  std::string out;
  for (const Layout& layout : *found) {
    out += std::to_string(layout.tensor) + "x" + std::to_string(layout.pipeline) + " ";
  }
  return out;
}

TEST(TensorProblem, HeadsMustDivide) {
  const ModelShape qwen = dense(14'770, 48, 5120, 40, 8, 128, 152'064);
  EXPECT_FALSE(tensor_problem(qwen, 8));
  EXPECT_TRUE(tensor_problem(qwen, 16)) << "40 heads";
  EXPECT_TRUE(tensor_problem(qwen, 5)) << "divides 40 heads, but not 8 KV heads";
  EXPECT_FALSE(tensor_problem(kLlama70B.shape, 16)) << "each KV head twice";
  EXPECT_FALSE(tensor_problem(kDeepSeekR1.shape, 16)) << "the latent cache has no heads";
  EXPECT_FALSE(tensor_problem({}, 3)) << "nothing is known";
}

TEST(Layouts, ArePowersOfTwoInsideOneFabricDomain) {
  EXPECT_EQ(shown(wish_for(kLlama70B.shape, 1), kH100), "1x1 2x1 4x1 8x1 ");
  EXPECT_EQ(shown(wish_for(kLlama70B.shape, 1), hardware("pairs", 1, 8, 2)), "1x1 2x1 ");
  EXPECT_EQ(shown(wish_for(kLlama70B.shape, 1), hardware("rack", 1, 4, 72)), "1x1 2x1 4x1 ")
      << "a replica's stage stays on one node";
  EXPECT_EQ(shown(wish_for(kLlama70B.shape, 1), hardware("six", 1, 6)), "1x1 2x1 4x1 ");
  // 28 attention heads, as Qwen2-7B has: 8 does not divide them.
  EXPECT_EQ(shown(wish_for(dense(7'616, 28, 3584, 28, 4, 128, 152'064), 1), kH100), "1x1 2x1 4x1 ");
}

TEST(Layouts, CpuIsOnePlace) {
  Hardware cpu = hardware("cpu", 1, 1);
  cpu.cpu = true;
  Wish wish = wish_for(kLlama8B.shape, 1);
  wish.tensor = 4;
  EXPECT_EQ(shown(wish, cpu), "1x1 ");
}

struct Row {
  const char* name;
  std::uint64_t count;
  std::uint64_t tensor;
  std::uint64_t pipeline;
  const char* result;
};

class Fixed : public testing::TestWithParam<Row> {};

TEST_P(Fixed, IsTakenOrRefusedWithTheRemedy) {
  const Row& row = GetParam();
  Wish wish = wish_for(kLlama70B.shape, 1);
  wish.count = row.count;
  wish.tensor = row.tensor;
  wish.pipeline = row.pipeline;
  EXPECT_EQ(shown(wish, kH100), row.result);
}

INSTANTIATE_TEST_SUITE_P(
    ByTheUser, Fixed,
    testing::Values(
        Row{"Count", 4, 0, 1, "4x1 "}, Row{"Tensor", 0, 2, 1, "2x1 "}, Row{"Both", 8, 2, 4, "2x4 "},
        Row{"CountAndPipeline", 16, 0, 2, "8x2 "}, Row{"MoreThanIsUsed", 8, 4, 1, "4x1 "},
        Row{"OnlyPipeline", 0, 0, 2, "1x2 2x2 4x2 8x2 "},
        Row{"CountTooSmall", 4, 4, 2,
            "engine.accelerator.count 4 is less than engine.parallelism asks for (tensor 4 x "
            "pipeline 2); raise count to 8 or remove it"},
        Row{"NoMultiple", 5, 0, 2,
            "engine.accelerator.count 5 is no multiple of engine.parallelism.pipeline 2; use one, "
            "for example 6"},
        Row{"CountThatDividesNothing", 6, 0, 1,
            "engine.accelerator.count asks for tensor size 6, and that does not divide the 64 "
            "attention heads; use 4"},
        Row{"TensorOverTheDomain", 0, 16, 1,
            "engine.parallelism.tensor asks for tensor size 16, and h100 joins 8 accelerators; use "
            "at most 8 and set engine.parallelism.pipeline to spread over several nodes"},
        Row{"MoreStagesThanLayers", 0, 0, 81,
            "engine.parallelism.pipeline 81 is more than the 80 layers of the model; use fewer "
            "stages"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Layouts, NodesMayBeLimited) {
  Wish wish = wish_for(kLlama70B.shape, 1);
  wish.pipeline = 2;
  wish.max_nodes = 1;
  EXPECT_EQ(shown(wish, kH100), "1x2 2x2 4x2 ");
  wish.tensor = 8;
  EXPECT_NE(shown(wish, kH100).find("takes 2 nodes of 8 x h100, and a replica may span 1"),
            std::string::npos);
  wish.tensor = 0;
  wish.pipeline = 16;
  EXPECT_NE(shown(wish, kH100).find("takes 2 nodes"), std::string::npos);
}

}  // namespace
}  // namespace penstock::scaling::planner
