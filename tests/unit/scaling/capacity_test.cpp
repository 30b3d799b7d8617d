#include "scaling/capacity.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "scaling/constants.h"

namespace penstock::scaling {
namespace {

constexpr EngineTimes kTruth{.prefill = 60e-6, .decode = 80e-6, .iteration = 0.02};

double noise(Random& random, double relative) {
  return 1 + relative * (random.unit() + random.unit() + random.unit() - 1.5);
}

/// A loaded interval of an engine with kTruth, prompts taking `share` of its time.
EngineInterval loaded(Random& random, bool counts_iterations) {
  const double running = 5 + random.unit() * 150;
  const double share = random.unit() * 0.6;
  const double iterations = 5 * (1 - share) / (kTruth.iteration + running * kTruth.decode);
  return {.seconds = 5,
          .prefilled = 5 * share / kTruth.prefill,
          .generated = iterations * running,
          .iterations = counts_iterations ? iterations : 0,
          .running = running * (counts_iterations ? 1 : noise(random, 0.2)),
          .least_running = running * 0.8};
}

double work(const EngineTimes& times) {  // of a typical mix: 1000 in, 200 out, at a batch of 40
  return 1'000 * times.prefill + 200 * (times.decode + times.iteration / 40);
}

TEST(Capacity, FindsTheTruthFromAWrongPrior) {
  for (const double wrong : {0.5, 0.7, 1.6, 2.5}) {
    for (const bool exact : {true, false}) {
      CapacityLearner learner({.times = {.prefill = kTruth.prefill * wrong,
                                         .decode = kTruth.decode * wrong,
                                         .iteration = kTruth.iteration * wrong}});
      Random random(7);
      EXPECT_EQ(learner.confidence(), 0);
      for (int i = 0; i < 300; ++i) {
        learner.learn(loaded(random, exact));
      }
      EXPECT_NEAR(work(learner.times()) / work(kTruth), 1, exact ? 0.03 : 0.15)
          << wrong << (exact ? " exact" : " by gauges");
      EXPECT_GT(learner.confidence(), 0.8);
    }
  }
}

TEST(Capacity, IdleIntervalsTeachNothing) {
  CapacityLearner learner({.times = kTruth});
  for (int i = 0; i < 500; ++i) {  // a tenth of the load: most of the time nothing runs
    learner.learn({.seconds = 5, .prefilled = 5'000, .generated = 600, .running = 1});
  }
  EXPECT_EQ(learner.times(), kTruth);
  EXPECT_EQ(learner.confidence(), 0);
}

TEST(Capacity, MoreThanAllOfTheTimeIsLearntFromEvenIfIdle) {
  CapacityLearner learner({.times = {.prefill = kTruth.prefill * 4,
                                     .decode = kTruth.decode * 4,
                                     .iteration = kTruth.iteration * 4}});
  const EngineInterval busy{
      .seconds = 5, .prefilled = 20'000, .generated = 400, .iterations = 170, .running = 2};
  ASSERT_GT(learner.predicted_share(busy), 1.2);
  for (int i = 0; i < 50; ++i) {
    learner.learn(busy);
  }
  EXPECT_LT(learner.predicted_share(busy), 1.2);
}

TEST(Capacity, LiesMoveItLittle) {
  CapacityLearner learner({.times = kTruth});
  Random random(3);
  for (int i = 0; i < 200; ++i) {
    learner.learn(loaded(random, true));
    if (i % 10 == 0) {
      EngineInterval lie = loaded(random, true);
      lie.generated *= 30;
      lie.prefilled *= 30;
      learner.learn(lie);
    }
  }
  EXPECT_NEAR(work(learner.times()) / work(kTruth), 1, 0.25);
}

TEST(Capacity, StaysWithinItsBoundsWhateverComes) {
  CapacityLearner learner({.times = kTruth});
  Random random(11);
  for (int i = 0; i < 20'000; ++i) {
    learner.learn({.seconds = 0.9 + random.unit() * 70,
                   .prefilled = random.unit() * 1e7,
                   .generated = random.unit() * 1e6,
                   .iterations = random.unit() * 1e5,
                   .running = random.unit() * 1'000,
                   .least_running = random.unit() * 100});
    const EngineTimes times = learner.times();
    for (const double ratio : {times.prefill / kTruth.prefill, times.decode / kTruth.decode,
                               times.iteration / kTruth.iteration}) {
      ASSERT_TRUE(std::isfinite(ratio));
      ASSERT_GE(ratio, 1 / kMostDrift * 0.999);
      ASSERT_LE(ratio, kMostDrift * 1.001);
    }
  }
}

TEST(Capacity, FollowsAnEngineThatBecameSlower) {
  CapacityLearner learner({.times = kTruth});
  Random random(5);
  for (int i = 0; i < 1'000; ++i) {
    learner.learn(loaded(random, true));
  }
  for (int i = 0; i < 1'500; ++i) {
    EngineInterval slow = loaded(random, true);
    slow.prefilled /= 1.5;
    slow.generated /= 1.5;
    slow.iterations /= 1.5;
    learner.learn(slow);
  }
  EXPECT_NEAR(work(learner.times()) / work(kTruth), 1.5, 0.15);
}

TEST(Capacity, ANewPriorStartsOverAndTheSameDoesNot) {
  CapacityLearner learner({.times = kTruth});
  Random random(5);
  learner.learn(loaded(random, true));
  learner.set_prior({.times = kTruth, .limits = {.kv_tokens = 5}});
  EXPECT_EQ(learner.intervals(), 1);
  learner.set_prior({.times = {.prefill = 1e-5, .decode = 1e-5, .iteration = 0.01}});
  EXPECT_EQ(learner.intervals(), 0);
  learner.set_prior({});
  EXPECT_GT(learner.times().prefill, 0) << "nobody knows: a mid-sized model";
}

}  // namespace
}  // namespace penstock::scaling
