#include "scaling/engine_time.h"

#include <cmath>

#include <gtest/gtest.h>

#include "sim/engine_model/perf_presets.h"
#include "tests/unit/scaling/property.h"

namespace penstock::scaling {
namespace {

constexpr EngineTimes kTimes{.prefill = 60e-6, .decode = 70e-6, .iteration = 0.015};
constexpr ReplicaLimits kRoomy{.kv_tokens = 1e7, .sequences = 10'000};
constexpr Objectives kRelaxed{.first_token_seconds = 5, .token_seconds = 0.1, .attainment = 0.5};

Load load_of(double calls, double prompt, double output) {
  return {.calls = calls,
          .prompt_tokens = calls * prompt,
          .uncached_tokens = calls * prompt,
          .output_tokens = calls * output,
          .prompt_tokens_squared = calls * prompt * prompt};
}

TEST(EngineTime, NothingOfferedNeedsNothing) {
  const Need need = replicas_for({}, kTimes, kRoomy, kRelaxed, 1);
  EXPECT_EQ(need.replicas, 0);
  EXPECT_EQ(need.rule, Rule::kNone);
}

TEST(EngineTime, TheTimePerTokenBoundsTheWorkOfAReplica) {
  // 10 calls/s × (1000 × 60 µs + 200 × 70 µs) = 0.74 s/s; 1 - 15 ms/100 ms = 0.85; 80 % of that.
  const Need need = replicas_for(load_of(10, 1'000, 200), kTimes, kRoomy, kRelaxed, 1);
  EXPECT_EQ(need.rule, Rule::kTokenTime);
  EXPECT_NEAR(need.work, 0.74, 1e-9);
  EXPECT_NEAR(need.allowed_share, 0.85, 1e-9);
  EXPECT_NEAR(need.replicas, 0.74 / (0.85 * 0.8), 1e-9);
}

TEST(EngineTime, EachLimitBindsWhereItShould) {
  // Long answers: what they hold.
  const Need kv = replicas_for(load_of(2, 1'000, 4'000), kTimes,
                               {.kv_tokens = 200'000, .sequences = 1'000}, kRelaxed, 1);
  EXPECT_EQ(kv.rule, Rule::kKvCache);
  EXPECT_LE(kv.resident_tokens, kv.replicas * 200'000 * 0.9);
  // Many tiny prompts with long answers on an engine with few slots.
  const Need batch = replicas_for(load_of(5, 10, 3'000), kTimes, {.sequences = 16}, kRelaxed, 1);
  EXPECT_EQ(batch.rule, Rule::kBatch);
  // Long prompts, a short time to first token.
  const Objectives hasty{.first_token_seconds = 0.4, .token_seconds = 1, .attainment = 0.99};
  const Need first = replicas_for(load_of(2, 4'000, 5), kTimes, kRoomy, hasty, 1);
  EXPECT_EQ(first.rule, Rule::kFirstToken);
  EXPECT_FALSE(first.unreachable);
}

TEST(EngineTime, AnObjectiveNobodyCanReachDoesNotAskForEverything) {
  const Objectives impossible{
      .first_token_seconds = 0.05, .token_seconds = 0.01, .attainment = 0.99};
  const Need need = replicas_for(load_of(10, 8'000, 200), kTimes, kRoomy, impossible, 1);
  EXPECT_TRUE(need.unreachable);
  EXPECT_LT(need.replicas, 60);
}

TEST(EngineTime, AttainmentAsksForRoom) {
  Objectives half = kRelaxed;
  half.target_share = 1;
  Objectives most = half;
  most.attainment = 0.999;
  const Load load = load_of(3, 2'000, 30);
  EXPECT_GT(replicas_for(load, kTimes, kRoomy, most, 1).replicas,
            1.2 * replicas_for(load, kTimes, kRoomy, half, 1).replicas);
}

TEST(EngineTime, ManyReplicasNeedRelativelyLessRoomThanOne) {
  const Objectives strict{.first_token_seconds = 1, .token_seconds = 0.1, .target_share = 1};
  const double one = replicas_for(load_of(2, 1'000, 100), kTimes, kRoomy, strict, 1).replicas;
  const double fifty = replicas_for(load_of(100, 1'000, 100), kTimes, kRoomy, strict, 1).replicas;
  EXPECT_LT(fifty, 0.75 * 50 * one);
}

TEST(EngineTime, SeenKvAndPredictedKvAgree) {
  const Load load = load_of(5, 1'000, 2'000);
  const ReplicaLimits limits{.kv_tokens = 300'000};
  const Need need = replicas_for(load, kTimes, limits, kRelaxed, 1);
  ASSERT_EQ(need.rule, Rule::kKvCache);
  const double held = resident_tokens(load, kTimes, need.replicas);
  EXPECT_NEAR(replicas_for_kv(held, 2'000, limits, kRelaxed), need.replicas, 0.1 * need.replicas);
  EXPECT_EQ(replicas_for_kv(held, 2'000, {.kv_tokens = 0}, kRelaxed), 0);
}

RC_GTEST_PROP(EngineTimeProperty, GrowingALoadInProportionNeverNeedsFewer, ()) {
  const double calls = *rc::gen::inRange(1, 2'000) / 50.0;
  const Load load = load_of(calls, *rc::gen::inRange(1, 30'000), *rc::gen::inRange(0, 4'000));
  const double factor = 1 + *rc::gen::inRange(0, 500) / 100.0;
  const EngineTimes times{.prefill = *rc::gen::inRange(1, 500) * 1e-6,
                          .decode = *rc::gen::inRange(1, 500) * 1e-6,
                          .iteration = *rc::gen::inRange(1, 80) * 1e-3};
  const ReplicaLimits limits{.kv_tokens = *rc::gen::inRange(0, 600'000) * 1.0};
  const Objectives objectives{.first_token_seconds = *rc::gen::inRange(1, 100) / 10.0,
                              .token_seconds = *rc::gen::inRange(10, 300) / 1000.0,
                              .attainment = *rc::gen::inRange(1, 100) / 100.0};
  const double small = replicas_for(load, times, limits, objectives, 1).replicas;
  const Load grown{.calls = load.calls * factor,
                   .prompt_tokens = load.prompt_tokens * factor,
                   .uncached_tokens = load.uncached_tokens * factor,
                   .output_tokens = load.output_tokens * factor,
                   .prompt_tokens_squared = load.prompt_tokens_squared * factor};
  const double large = replicas_for(grown, times, limits, objectives, 1).replicas;
  RC_ASSERT(std::isfinite(small));
  RC_ASSERT(large >= small * (1 - 1e-6));
}

/// What an engine needs for one more token of prompt, and for its iterations, by kernel tables.
EngineTimes measured(const sim::PerfModel& perf) {
  const auto seconds = [&](const sim::BatchShape& batch) {
    return std::chrono::duration<double>(perf.iteration_time(batch)).count();
  };
  const double one = seconds({.decode_sequences = 1, .decode_context_tokens = 1'000});
  const double many = seconds({.decode_sequences = 101, .decode_context_tokens = 101'000});
  const double prefill =
      std::chrono::duration<double>(perf.prefill_time(4'096, 0, 8'192)).count() / 4'096;
  return {.prefill = prefill, .decode = (many - one) / 100, .iteration = one};
}

TEST(EngineTime, AGuessFromTheDataSheetIsWithinAFactorOfTheKernelTables) {
  struct Row {
    const char* preset;
    HardwareShape shape;
  };
  // H100 SXM: 989 TFLOPS dense bf16, 3.35 TB/s, 80 GB.
  const Row rows[] = {
      {"llama3.1-8b/h100",
       {.parameters = 8.03e9,
        .weight_bytes = 16.06e9,
        .kv_bytes_per_token = 131'072,
        .flops = 989e12,
        .bytes_per_second = 3.35e12,
        .memory_bytes = 80e9,
        .mean_context = 1'000}},
      {"llama3.1-70b/h100",
       {.parameters = 70.6e9,
        .weight_bytes = 141.2e9,
        .kv_bytes_per_token = 327'680,
        .flops = 4 * 989e12,
        .bytes_per_second = 4 * 3.35e12,
        .memory_bytes = 4 * 80e9,
        .mean_context = 1'000}},
  };
  for (const Row& row : rows) {
    const auto perf = sim::perf_preset(row.preset);
    ASSERT_TRUE(perf);
    const EngineTimes truth = measured(*perf);
    const CapacityPrior guess = guess_capacity(row.shape);
    const auto within = [&](double a, double b, double factor, const char* what) {
      EXPECT_LT(a, b * factor) << row.preset << " " << what;
      EXPECT_GT(a, b / factor) << row.preset << " " << what;
    };
    within(guess.times.prefill, truth.prefill, 2, "prefill");
    within(guess.times.iteration, truth.iteration, 2, "iteration");
    within(guess.times.decode, truth.decode, 3, "decode");
    within(guess.limits.kv_tokens, perf->kv_capacity_tokens(), 1.3, "KV tokens");
  }
}

}  // namespace
}  // namespace penstock::scaling
