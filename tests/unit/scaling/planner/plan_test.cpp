#include "scaling/planner/plan.h"

#include <gtest/gtest.h>

#include "known_models.h"

namespace penstock::scaling::planner {
namespace {

TEST(PlanOn, TellsTheWholeComputation) {
  const auto plan = plan_on(wish_for(kLlama70B.shape, 32'768), kH100);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->profile, "h100");
  EXPECT_EQ(plan->layout, (Layout{4, 1}));
  EXPECT_EQ(plan->accelerators, 4U);
  EXPECT_EQ(plan->nodes, 1U);
  EXPECT_EQ(plan->kv_bytes_per_token, 320U * 1024);
  EXPECT_EQ(plan->kv_tokens, plan->kv_bytes / plan->kv_bytes_per_token);
  EXPECT_EQ(plan->calls_at_context, plan->kv_tokens / 32'768);
  EXPECT_EQ(plan->why,
            "m has 134.0 GiB of weights; on 4 x h100 (tensor 4) each holds 33.5 GiB of them and "
            "3.0 GiB for the engine, out of 71.2 GiB that can be used; the rest, 138.7 GiB, is KV "
            "cache for " +
                std::to_string(plan->kv_tokens) + " tokens of 320.0 KiB: 13 calls of 32768 tokens");
}

TEST(PlanOn, LetsInMoreCallsThanFitWithTheirWholeContext) {
  const auto plan = plan_on(wish_for(kLlama70B.shape, 131'072), kH100);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->calls_at_context, 3U);
  EXPECT_EQ(plan->max_sequences, plan->kv_tokens / kUsualCallTokens);
  const auto small = plan_on(wish_for(kLlama8B.shape, 1024), kH100);
  ASSERT_TRUE(small);
  EXPECT_EQ(small->max_sequences, kMostSequences);
}

TEST(PlanOn, MakesRoomForTheConcurrencyAsked) {
  Wish wish = wish_for(kLlama70B.shape, 32'768);
  wish.concurrency = 20;
  const auto plan = plan_on(wish, kH100);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->accelerators, 8U);
  EXPECT_GE(plan->calls_at_context, 20U);
  wish.concurrency = 60;
  const auto refused = plan_on(wish, kH100);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("an engine.concurrency of at most "), std::string::npos);
}

TEST(PlanOn, OneDeviceOf192GBTakesWhatTwoOf80Do) {
  // 140 GB in all.
  ModelShape shape = dense(62'000, 64, 8192, 64, 8, 128, 128'256);
  const auto wish = wish_for(shape, 4096);
  EXPECT_EQ(plan_on(wish, kMI300X).value().accelerators, 1U);
  EXPECT_EQ(plan_on(wish, kH100).value().accelerators, 2U);
}

TEST(PlanOn, WithoutAKvShapeTheWeightsDecide) {
  ModelShape shape;
  shape.parameters = 70'000'000'000;
  const auto plan = plan_on(wish_for(shape, 8192), kH100);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->accelerators, 2U);
  EXPECT_EQ(plan->kv_tokens, 0U);
  EXPECT_EQ(plan->max_sequences, 0U);
  EXPECT_NE(plan->why.find("give layers, kvHeads and headDim"), std::string::npos);
}

TEST(PlanOn, RefusesWithWhatWouldDo) {
  const auto refused = plan_on(wish_for(kLlama405B.shape, 8192), kH100);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().obstacle, Obstacle::kMemory);
  EXPECT_EQ(refused.error().message,
            "model m does not fit 8 x h100 (tensor 8): each would need 100.9 GiB (96.4 GiB of "
            "weights, 4.0 GiB for the engine, 504.0 MiB of KV cache for 1 call of 8192 tokens) and "
            "can use 71.2 GiB; on h100 it fits with engine.parallelism.pipeline 2 (16 accelerators "
            "on 2 nodes), or a model quantized to 8 bits (model.architecture.weightBits)");
}

TEST(PlanOn, OffersAShorterContextAndMoreAccelerators) {
  Wish wish = wish_for(kLlama8B.shape, 131'072);
  wish.count = 1;
  const auto refused = plan_on(wish, kL4);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("engine.accelerator.count 2"), std::string::npos)
      << refused.error().message;
  EXPECT_NE(refused.error().message.find("a model.contextLength of at most 19456"),
            std::string::npos)
      << refused.error().message;
  wish.context = 19'456;
  EXPECT_TRUE(plan_on(wish, kL4));
  wish.context = 20'480;
  EXPECT_FALSE(plan_on(wish, kL4));
}

TEST(PlanAmong, NamesTheSmallestThatFits) {
  const auto all = all_hardware();
  const auto refused = plan_among(wish_for(kLlama70B.shape, 32'768), kL4, all);
  ASSERT_FALSE(refused);
  // Four L40S are 178 GiB, one MI300X 192, two H200 279, four H100 316.
  EXPECT_NE(refused.error().message.find("the smallest profile that fits is l40s;"),
            std::string::npos)
      << refused.error().message;
  const std::vector<Hardware> few{kL4, kA10};
  EXPECT_NE(plan_among(wish_for(kLlama70B.shape, 32'768), kL4, few)
                .error()
                .message.find("no profile that exists is large enough"),
            std::string::npos);
}

TEST(PlanAmong, SaysWhatTheUserFixedWrongly) {
  Wish wish = wish_for(kLlama70B.shape, 8192);
  wish.count = 3;
  const auto refused = plan_among(wish, kH100, all_hardware());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().obstacle, Obstacle::kLayout);
  EXPECT_EQ(refused.error().message,
            "model m: engine.accelerator.count asks for tensor size 3, and that does not divide "
            "the 64 attention heads; use 2");
}

TEST(Better, IsTheCheaperThenTheFewer) {
  Hardware dear = kH200;
  dear.hourly_micro_usd = 10'000'000;
  Hardware cheap = kH100;
  cheap.hourly_micro_usd = 2'000'000;
  const Wish wish = wish_for(kLlama70B.shape, 32'768);
  const Plan two = plan_on(wish, dear).value();
  const Plan four = plan_on(wish, cheap).value();
  EXPECT_EQ(two.hourly_micro_usd, 20'000'000U);
  EXPECT_EQ(four.hourly_micro_usd, 8'000'000U);
  EXPECT_TRUE(better(four, cheap, two, dear));
  EXPECT_FALSE(better(two, dear, four, cheap));
  const Plan unpriced = plan_on(wish, kMI300X).value();
  EXPECT_TRUE(better(two, dear, unpriced, kMI300X)) << "a price is known";
  EXPECT_TRUE(better(unpriced, kMI300X, plan_on(wish, kA100).value(), kA100)) << "1 before 4";
  Hardware cpu = hardware("cpu", 1 << 20U, 1);
  cpu.cpu = true;
  cpu.hourly_micro_usd = 1;
  EXPECT_FALSE(better(plan_on(wish, cpu).value(), cpu, unpriced, kMI300X));
}

}  // namespace
}  // namespace penstock::scaling::planner
