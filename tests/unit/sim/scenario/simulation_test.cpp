#include "sim/scenario/simulation.h"

#include <gtest/gtest.h>

#include "sim/baselines/fixed.h"
#include "sim/baselines/hpa.h"
#include "sim/baselines/keda.h"
#include "sim/baselines/kpa.h"
#include "sim/compare/penstock_scaler.h"
#include "tests/unit/sim/scenario/fake_load.h"

namespace penstock::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing_support::call_at;
using testing_support::ListedLoad;
using testing_support::random_calls;
using testing_support::Schedule;
using testing_support::small_model;

Outcome run(const Scenario& scenario, std::vector<TraceRequest> calls, Scaler& scaler) {
  ListedLoad load(std::move(calls));
  const PerfModel perf = small_model();
  auto outcome = simulate(scenario, perf, load, scaler);
  EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().to_string());
  return outcome ? *std::move(outcome) : Outcome{};
}

TEST(Simulation, OneCallOnAnIdleEngineTakesItsOwnTime) {
  Scenario scenario;
  scenario.overhead = std::chrono::nanoseconds(0);
  Fixed one(1);
  const Outcome outcome = run(scenario, {call_at(5, 1'000, 11)}, one);
  EXPECT_EQ(outcome.offered, 1U);
  EXPECT_EQ(outcome.served, 1U);
  EXPECT_EQ(outcome.met, 1U);
  const double prefill =
      std::chrono::duration<double>(small_model().prefill_time(1'000, 0, 8'192)).count();
  EXPECT_NEAR(std::chrono::duration<double>(outcome.ttft.quantile(0.5)).count(), prefill,
              prefill * 0.01);
  EXPECT_NEAR(std::chrono::duration<double>(outcome.tpot.quantile(0.5)).count(), 0.0076, 0.0005);
}

TEST(Simulation, ThroughputIsWhatEndedDuringTheLoad) {
  Fixed one(1);
  const Outcome outcome =
      run({}, {call_at(0, 100, 50), call_at(1, 100, 4'000), call_at(10, 100, 7)}, one);
  EXPECT_EQ(outcome.served, 3U);
  EXPECT_EQ(outcome.served_within, 1U);  // the second takes about 30 s, the third comes last
  EXPECT_DOUBLE_EQ(outcome.calls_per_second(), 0.1);
  EXPECT_DOUBLE_EQ(outcome.output_tokens_per_second(), 5);
  EXPECT_DOUBLE_EQ(outcome.hit_rate(), 0);
}

// One engine is busy with an answer of 4,000 tokens, the other with one of 400: which of them takes
// the third call tells whether the gateway knew.
TEST(Simulation, BoundedAnswersCountAsTheGatewayCountsThem) {
  for (const bool bounded : {false, true}) {
    Scenario scenario;
    scenario.overhead = std::chrono::nanoseconds(0);
    scenario.initial_replicas = 2;
    scenario.engine.max_num_seqs = 1;  // who comes second waits
    scenario.bounded = bounded;
    Fixed two(2);
    const Outcome outcome =
        run(scenario, {call_at(0, 400, 4'000), call_at(0, 500, 400), call_at(1, 100, 1)}, two);
    EXPECT_EQ(outcome.served, 3U);
    // Not knowing, they look alike, and it is the first one's turn: the call waits half a minute.
    EXPECT_EQ(outcome.ttft.quantile(1) > seconds(20), !bounded);
  }
}

// Pairs of calls for two engines that take one at a time: a core that sees both spreads them.
TEST(Simulation, AGatewayCoreKnowsOnlyItsOwnCalls) {
  for (const std::uint32_t cores : {1U, 4U}) {
    Scenario scenario;
    scenario.overhead = std::chrono::nanoseconds(0);
    scenario.initial_replicas = 2;
    scenario.engine.max_num_seqs = 1;
    scenario.gateway_cores = cores;
    std::vector<TraceRequest> calls;
    for (int pair = 0; pair < 40; ++pair) {
      calls.push_back(call_at(100 * pair, 100, 2'000));
      calls.push_back(call_at(100 * pair + 1, 100, 2'000));
    }
    Fixed two(2);
    const Outcome outcome = run(scenario, std::move(calls), two);
    EXPECT_EQ(outcome.served, 80U);
    EXPECT_EQ(outcome.ttft.quantile(1) > seconds(5), cores > 1);
    EXPECT_LT(outcome.ttft.quantile(0.5), seconds(1));
  }
}

TEST(Simulation, AColdStartHoldsCallsBackAndServesThemAll) {
  Scenario scenario;
  scenario.min_replicas = 0;
  scenario.cold_start = seconds(60);
  Schedule schedule({{0, 0}, {10, 1}});
  const Outcome outcome =
      run(scenario, {call_at(5, 100, 5), call_at(20, 100, 5), call_at(200, 100, 5)}, schedule);
  EXPECT_EQ(outcome.held, 2U);
  EXPECT_EQ(outcome.served, 3U);
  EXPECT_EQ(outcome.met, 1U);
  EXPECT_GT(outcome.ttft.quantile(1), seconds(64));  // from 5 s to the pod at 70 s
  EXPECT_LT(outcome.ttft.quantile(1), seconds(67));
}

TEST(Simulation, AcceleratorTimeCountsFromCreationToTheEnd) {
  Scenario scenario;
  scenario.cold_start = seconds(60);
  Schedule schedule({{0, 1}, {100, 3}, {300, 1}});
  const Outcome outcome = run(scenario, {call_at(0, 10, 1), call_at(1'000, 10, 1)}, schedule);
  // One all the time, two more from 100 s to 300 s, their cold starts included.
  EXPECT_DOUBLE_EQ(outcome.gpu_seconds, 1'000 + 2 * 200);
  EXPECT_EQ(outcome.pods_created, 2U);
  EXPECT_EQ(outcome.pods_removed, 2U);
  EXPECT_EQ(outcome.most_replicas, 3U);
}

TEST(Simulation, APodThatDrainsFinishesWhatItHasAndIsPaidFor) {
  Scenario scenario;
  scenario.initial_replicas = 2;
  Schedule schedule({{0, 2}, {10, 1}});
  std::vector<TraceRequest> calls = {call_at(5, 100, 4'000), call_at(5, 100, 4'000),
                                     call_at(300, 10, 1)};
  const Outcome outcome = run(scenario, std::move(calls), schedule);
  EXPECT_EQ(outcome.served, 3U);
  EXPECT_GT(outcome.gpu_seconds, 300 + 25);  // an answer of 4,000 tokens takes about 30 s
  EXPECT_LT(outcome.gpu_seconds, 300 + 50);
}

TEST(Simulation, CallsHeldTooLongAreRefusedOrSpilled) {
  for (const bool spill : {false, true}) {
    Scenario scenario;
    scenario.min_replicas = 0;
    scenario.queue_timeout = seconds(30);
    scenario.spill = spill;
    Schedule never({{0, 0}});
    const Outcome outcome = run(scenario, {call_at(1, 10, 1), call_at(2, 10, 1)}, never);
    EXPECT_EQ(outcome.spilled, spill ? 2U : 0U);
    EXPECT_EQ(outcome.refused, spill ? 0U : 2U);
    EXPECT_EQ(outcome.met, 0U);
    EXPECT_DOUBLE_EQ(outcome.attainment(), 0);
  }
}

TEST(Simulation, WhatNoEngineCanHoldIsRefused) {
  Scenario scenario;
  Fixed one(1);
  const Outcome outcome = run(scenario, {call_at(0, 1'000'000, 1), call_at(1, 10, 1)}, one);
  EXPECT_EQ(outcome.refused, 1U);
  EXPECT_EQ(outcome.served, 1U);
}

std::unique_ptr<Scaler> scaler_of(int kind, const Scenario& scenario) {
  switch (kind) {
    case 0:
      return std::make_unique<Hpa>(PodMetric::kConcurrency, 8);
    case 1:
      return std::make_unique<Keda>(2,
                                    KedaOptions{.min_replicas = scenario.min_replicas, .hpa = {}});
    case 2:
      return std::make_unique<Kpa>(10);
    case 3:
      return std::make_unique<Hpa>(PodMetric::kBusy, 0.5);
    default:
      return std::make_unique<PenstockScaler>(settings_for(scenario, small_model()));
  }
}

/// Whatever the policy and the load: each call ends exactly once and nothing stays behind.
TEST(Simulation, NothingIsLostAndNothingStays) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    for (int kind = 0; kind < 5; ++kind) {
      Random random(seed);
      Scenario scenario;
      scenario.min_replicas = static_cast<std::uint32_t>(random.below(3));
      scenario.max_replicas = 3 + static_cast<std::uint32_t>(random.below(20));
      scenario.cold_start = seconds(random.below(120));
      scenario.queue_timeout = seconds(20 + random.below(200));
      scenario.engine.kv_capacity_tokens = 20'000;  // scarce, so that sequences are preempted
      const auto scaler = scaler_of(kind, scenario);
      const Outcome outcome = run(scenario, random_calls(seed, 3'000, 600), *scaler);
      EXPECT_EQ(outcome.offered, 3'000U);
      EXPECT_EQ(outcome.served + outcome.refused + outcome.spilled, outcome.offered);
      EXPECT_EQ(outcome.residual_blocks, 0U);
      EXPECT_LE(outcome.met, outcome.served);
      EXPECT_LE(outcome.most_replicas, 2 * scenario.max_replicas);
      EXPECT_LE(outcome.gpu_seconds, outcome.load_seconds * 2 * scenario.max_replicas);
      std::uint64_t arrived = 0;
      std::uint64_t met = 0;
      for (const Bucket& bucket : outcome.timeline) {
        arrived += bucket.arrived;
        met += bucket.met;
      }
      EXPECT_EQ(arrived, outcome.offered);
      EXPECT_EQ(met, outcome.met);
    }
  }
}

TEST(Simulation, AFixedFleetWithoutShortageCostsWhatItCosts) {
  Scenario scenario;
  scenario.initial_replicas = 4;
  Fixed four(4);
  const Outcome outcome = run(scenario, random_calls(3, 500, 900), four);
  EXPECT_NEAR(outcome.gpu_seconds, 4 * outcome.load_seconds, 1e-6);
  EXPECT_EQ(outcome.met, 500U);
}

TEST(Simulation, WrongScenariosAreNamed) {
  const PerfModel perf = small_model();
  Scenario scenario;
  scenario.min_replicas = 5;
  scenario.max_replicas = 4;
  ListedLoad load({});
  Fixed one(1);
  const auto outcome = simulate(scenario, perf, load, one);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(), "--min is 5, it must be at most --max, 4");
}

}  // namespace
}  // namespace penstock::sim
