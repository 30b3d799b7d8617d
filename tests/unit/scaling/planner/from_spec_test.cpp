#include "scaling/planner/from_spec.h"

#include <gtest/gtest.h>

namespace penstock::scaling::planner {
namespace {

namespace md = crd::model_deployment;

TEST(FromSpec, TakesEveryNumberOfTheArchitecture) {
  md::Architecture given;
  given.parameters_millions = 671'026;
  given.active_parameters_millions = 37'000;
  given.layers = 61;
  given.hidden_size = 7168;
  given.attention_heads = 128;
  given.kv_heads = 64;
  given.head_dim = 96;
  given.kv_latent_dim = 576;
  given.sliding_window = 4096;
  given.vocabulary_size = 129'280;
  given.tied_embeddings = true;
  given.weight_bits = 8;
  given.kv_cache_bits = 4;
  const ModelShape shape = shape_of(given);
  EXPECT_EQ(shape.parameters, 671'026'000'000U);
  EXPECT_EQ(shape.active_parameters, 37'000'000'000U);
  EXPECT_EQ(shape.layers, 61U);
  EXPECT_EQ(shape.hidden_size, 7168U);
  EXPECT_EQ(shape.attention_heads, 128U);
  EXPECT_EQ(shape.kv_heads, 64U);
  EXPECT_EQ(shape.head_dim, 96U);
  EXPECT_EQ(shape.latent_dim, 576U);
  EXPECT_EQ(shape.window, 4096U);
  EXPECT_EQ(shape.window_layers, 61U) << "all, where their number is not given";
  EXPECT_EQ(shape.vocabulary, 129'280U);
  EXPECT_TRUE(shape.tied_embeddings);
  EXPECT_EQ(shape.weight_bits, 8U);
  EXPECT_EQ(shape.kv_bits, 4U);
  given.sliding_window_layers = 30;
  EXPECT_EQ(shape_of(given).window_layers, 30U);
}

TEST(FromSpec, TakesWhatTheUserFixed) {
  md::Model model;
  model.name = "m";
  md::Engine engine;
  const Wish least = wish_of(model, engine);
  EXPECT_EQ(least.context, kDefaultContext);
  EXPECT_FALSE(least.context_given);
  EXPECT_EQ(least.concurrency, 1U);
  EXPECT_EQ(least.pipeline, 1U);
  model.context_length = 1000;
  engine.concurrency = 7;
  engine.accelerator.emplace();
  engine.accelerator->count = 4;
  engine.parallelism.emplace();
  engine.parallelism->tensor = 2;
  engine.parallelism->pipeline = 2;
  const Wish wish = wish_of(model, engine);
  EXPECT_EQ(wish.context, 1000U);
  EXPECT_TRUE(wish.context_given);
  EXPECT_EQ(wish.concurrency, 7U);
  EXPECT_EQ(wish.count, 4U);
  EXPECT_EQ(wish.tensor, 2U);
  EXPECT_EQ(wish.pipeline, 2U);
}

TEST(FromSpec, NegativeNumbersAreNone) {
  md::Model model;
  model.context_length = -5;
  model.architecture.emplace();
  model.architecture->parameters_millions = -1;
  const Wish wish = wish_of(model, {});
  EXPECT_EQ(wish.context, 1U);
  EXPECT_EQ(wish.shape.parameters, 0U);
}

TEST(FromSpec, HardwareIsTheProfile) {
  crd::AcceleratorProfile profile;
  profile.metadata.name = "p";
  profile.spec.vendor = crd::accelerator_profile::SpecVendor::kAMD;
  profile.spec.memory_bytes = 5;
  profile.spec.per_node = 8;
  Hardware plain = hardware_of(profile);
  EXPECT_EQ(plain.name, "p");
  EXPECT_FALSE(plain.cpu);
  EXPECT_EQ(plain.domain, 0U);
  EXPECT_FALSE(plain.hourly_micro_usd);
  profile.spec.fabric.emplace();
  profile.spec.fabric->domain_size = 4;
  profile.spec.hourly_price_micro_usd = 9;
  profile.spec.vendor = crd::accelerator_profile::SpecVendor::kCPU;
  const Hardware full = hardware_of(profile);
  EXPECT_TRUE(full.cpu);
  EXPECT_EQ(full.memory, 5U);
  EXPECT_EQ(full.per_node, 8U);
  EXPECT_EQ(full.domain, 4U);
  EXPECT_EQ(full.hourly_micro_usd, 9U);
}

}  // namespace
}  // namespace penstock::scaling::planner
