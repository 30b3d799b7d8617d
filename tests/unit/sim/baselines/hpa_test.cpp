#include "sim/baselines/hpa.h"

#include <gtest/gtest.h>

#include "sim/baselines/keda.h"

namespace penstock::sim {
namespace {

using std::chrono::seconds;

SteadyTime at(int second) {
  return SteadyTime{} + seconds(second);
}

TEST(HpaFormula, PodValues) {
  struct Row {
    std::vector<double> values;
    std::uint32_t missing;
    std::uint32_t current;
    double target;
    std::uint32_t want;
    const char* why;
  };
  const Row rows[] = {
      {{2, 2}, 0, 2, 1, 4, "ceil(ready × ratio)"},
      {{1.05, 1.05}, 0, 2, 1, 2, "within the tolerance"},
      {{1.11, 1.11}, 0, 2, 1, 3, "just outside it"},
      {{0.4, 0.4, 0.4, 0.4}, 0, 4, 1, 2, "down"},
      {{0, 0, 0}, 0, 3, 1, 0, "nothing to do: the bounds keep the minimum"},
      {{}, 2, 2, 1, 2, "no metrics: nothing changes"},
      {{4, 4}, 2, 4, 1, 8, "growing: the two that start count as 0"},
      {{1.5, 1.5}, 2, 4, 1, 4, "which must not turn the direction"},
      {{2.1, 2.1}, 2, 4, 1, 4, "and may fall within the tolerance"},
      {{0.2, 0.2}, 2, 4, 1, 3, "shrinking: they count as the target"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(hpa_from_pod_values(row.values, row.missing, row.current, row.target, 0.1), row.want)
        << row.why;
  }
}

TEST(HpaFormula, Sum) {
  EXPECT_EQ(hpa_from_sum(50, 5, 5, 0.1), 10U);
  EXPECT_EQ(hpa_from_sum(26, 5, 5, 0.1), 5U);  // 1.04: within the tolerance
  EXPECT_EQ(hpa_from_sum(28, 5, 5, 0.1), 6U);
  EXPECT_EQ(hpa_from_sum(0, 5, 5, 0.1), 0U);
}

TEST(HpaBehaviour, GrowsByTheLargerOfDoubleAndFour) {
  HpaStabiliser stabiliser({});
  EXPECT_EQ(stabiliser.apply(at(0), 1, 50), 5U);
  EXPECT_EQ(stabiliser.apply(at(5), 5, 50), 5U);  // the period's room is used up
  EXPECT_EQ(stabiliser.apply(at(15), 5, 50), 10U);
  EXPECT_EQ(stabiliser.apply(at(30), 10, 50), 20U);
  EXPECT_EQ(stabiliser.apply(at(45), 20, 22), 22U);
}

TEST(HpaBehaviour, ShrinksToTheHighestOfFiveMinutes) {
  HpaStabiliser stabiliser({});
  EXPECT_EQ(stabiliser.apply(at(0), 10, 10), 10U);
  EXPECT_EQ(stabiliser.apply(at(15), 10, 7), 10U);
  EXPECT_EQ(stabiliser.apply(at(150), 10, 4), 10U);
  EXPECT_EQ(stabiliser.apply(at(299), 10, 2), 10U);
  EXPECT_EQ(stabiliser.apply(at(300), 10, 2), 7U);  // the 10 is 300 s old
  EXPECT_EQ(stabiliser.apply(at(315), 7, 2), 4U);
  EXPECT_EQ(stabiliser.apply(at(599), 4, 2), 2U);
}

TEST(HpaBehaviour, WhatItMeetsIsItsFirstRecommendation) {
  HpaStabiliser stabiliser({});
  EXPECT_EQ(stabiliser.apply(at(0), 10, 2), 10U);
  EXPECT_EQ(stabiliser.apply(at(299), 10, 2), 10U);
  EXPECT_EQ(stabiliser.apply(at(300), 10, 2), 2U);
}

PodSample pod(std::uint32_t serial, std::uint32_t waiting) {
  PodSample sample;
  sample.pod = serial;
  sample.waiting = waiting;
  return sample;
}

TEST(Hpa, DecidesOnlyEverySync) {
  Hpa hpa(PodMetric::kQueue, 1);
  const PodSample samples[] = {pod(0, 3)};
  Observation seen{
      .now = at(1), .desired = 1, .ready = 1, .lives = {}, .pods = samples, .gateway = {}};
  EXPECT_EQ(hpa.desired(seen), 3U);
  seen.now = at(10);
  EXPECT_EQ(hpa.desired(seen), 1U);
  seen.now = at(16);
  EXPECT_EQ(hpa.desired(seen), 3U);
}

TEST(Metric, BusyIsAShareBetweenTwoScrapes) {
  MetricReader reader(PodMetric::kBusy);
  PodSample sample = pod(1, 0);
  sample.at = at(10);
  sample.busy = seconds(2);
  EXPECT_TRUE(reader.read({&sample, 1}).empty());
  EXPECT_TRUE(reader.read({&sample, 1}).empty());  // the same scrape again
  sample.at = at(20);
  sample.busy = seconds(9);
  ASSERT_EQ(reader.read({&sample, 1}).size(), 1U);
  EXPECT_DOUBLE_EQ(reader.read({&sample, 1})[0], 0.7);
}

TEST(Metric, OneNumberPerPod) {
  PodSample sample = pod(1, 3);
  sample.running = 5;
  sample.kv_usage = 0.25;
  EXPECT_DOUBLE_EQ(MetricReader(PodMetric::kQueue).read({&sample, 1})[0], 3);
  EXPECT_DOUBLE_EQ(MetricReader(PodMetric::kConcurrency).read({&sample, 1})[0], 8);
  EXPECT_DOUBLE_EQ(MetricReader(PodMetric::kKvUsage).read({&sample, 1})[0], 0.25);
}

TEST(Keda, WakesAtItsPollAndSleepsAfterTheCooldown) {
  Keda keda(5, {.min_replicas = 0, .hpa = {}});
  Observation seen{.now = at(1), .desired = 0, .lives = {}, .pods = {}, .gateway = {}};
  seen.gateway.queued = 2;
  EXPECT_EQ(keda.desired(seen), 1U);  // its first poll
  Keda late(5, {.min_replicas = 0, .hpa = {}});
  seen.gateway.queued = 0;
  EXPECT_EQ(late.desired(seen), 0U);
  seen.gateway.queued = 2;
  seen.now = at(20);
  EXPECT_EQ(late.desired(seen), 0U);  // not before the next poll
  seen.now = at(31);
  EXPECT_EQ(late.desired(seen), 1U);

  seen.desired = 1;
  seen.ready = 1;
  seen.gateway.queued = 0;
  for (int second = 32; second < 331; ++second) {
    seen.now = at(second);
    ASSERT_EQ(late.desired(seen), 1U) << second;
  }
  std::uint32_t wanted = 1;
  for (int second = 331; second < 362; ++second) {
    seen.now = at(second);
    wanted = late.desired(seen);
    seen.desired = wanted;
  }
  EXPECT_EQ(wanted, 0U);
}

TEST(Keda, ScalesOnTheSumOfWaitingCalls) {
  Keda keda(5, {.min_replicas = 1, .hpa = {}});
  const PodSample samples[] = {pod(0, 12), pod(1, 8)};
  Observation seen{
      .now = at(1), .desired = 2, .ready = 2, .lives = {}, .pods = samples, .gateway = {}};
  EXPECT_EQ(keda.desired(seen), 4U);
}

}  // namespace
}  // namespace penstock::sim
