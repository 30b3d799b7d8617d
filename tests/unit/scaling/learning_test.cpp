// The two small learners: cold starts and the forecast.
#include <cmath>

#include <gtest/gtest.h>

#include "scaling/cold_start.h"
#include "scaling/forecast.h"

namespace penstock::scaling {
namespace {

using namespace std::chrono_literals;

TEST(ColdStarts, ThePriorCountsUntilOneIsMeasured) {
  ColdStarts starts;
  EXPECT_EQ(starts.median(), kPriorColdStart);
  starts.add(Seconds(40));
  EXPECT_EQ(starts.median(), Seconds(40));
  EXPECT_EQ(starts.p90(), Seconds(40));
}

TEST(ColdStarts, OneSlowStartDoesNotMoveTheMedian) {
  ColdStarts starts;
  for (const double seconds : {60.0, 62.0, 900.0, 61.0, 63.0}) {
    starts.add(Seconds(seconds));
  }
  EXPECT_EQ(starts.median(), Seconds(62));
  EXPECT_EQ(starts.p90(), Seconds(900));
}

TEST(ColdStarts, NonsenseIsIgnoredAndOldStartsAreForgotten) {
  ColdStarts starts;
  starts.add(Seconds(-5));
  starts.add(Seconds(0));
  starts.add(Seconds(std::nan("")));
  starts.add(kLongestColdStart * 2);
  EXPECT_EQ(starts.measured(), 0U);
  for (std::size_t i = 0; i < kColdStartsKept; ++i) {
    starts.add(Seconds(500));
  }
  for (std::size_t i = 0; i < kColdStartsKept; ++i) {
    starts.add(Seconds(30));
  }
  EXPECT_EQ(starts.p90(), Seconds(30));
}

TEST(ColdStarts, RunningPodsSpeakUntilAStartIsSeen) {
  ColdStarts starts;
  EXPECT_FALSE(starts.known());
  starts.suggest(Seconds(3'000));  // ready again after hours, perhaps
  starts.suggest(Seconds(400));
  starts.suggest(Seconds(900));
  starts.suggest(Seconds(-1));
  EXPECT_TRUE(starts.known());
  EXPECT_EQ(starts.measured(), 0U);
  EXPECT_EQ(starts.p90(), Seconds(400));
  starts.add(Seconds(60));
  EXPECT_EQ(starts.p90(), Seconds(60));
}

TEST(Forecast, ASteadyRiseIsSeenAhead) {
  Forecast forecast;
  SteadyTime now{1'000s};
  double value = 0;
  for (int s = 0; s < 3'000; ++s) {
    now += 1s;
    value = 100 + 0.05 * s;
    forecast.add(now, value);
  }
  const double ahead = forecast.growth(Seconds(600));
  EXPECT_NEAR(ahead, (value + 0.05 * 600) / value, 0.03);
  EXPECT_GT(forecast.growth(Seconds(900)), ahead);
}

TEST(Forecast, AFallAFlatLineAndAYoungHistoryPromiseNothing) {
  Forecast falling;
  Forecast flat;
  SteadyTime now{1'000s};
  for (int s = 0; s < 2'000; ++s) {
    now += 1s;
    falling.add(now, 200 - 0.05 * s);
    flat.add(now, 50);
  }
  EXPECT_EQ(falling.growth(Seconds(600)), 1);
  EXPECT_NEAR(flat.growth(Seconds(600)), 1, 1e-9);
  Forecast young;
  young.add(now, 10);
  young.add(now + 1s, 1'000);
  EXPECT_LT(young.growth(Seconds(600)), 1.05);
}

TEST(Forecast, NeverMoreThanItsCeiling) {
  Forecast forecast;
  SteadyTime now{1'000s};
  for (int s = 0; s < 2'000; ++s) {
    now += 1s;
    forecast.add(now, 1 + s * s * 0.01);
  }
  EXPECT_LE(forecast.growth(Seconds(3'600)), kForecastMost);
}

/// A day of a load that doubles for half an hour every two hours, or stays as it is.
GrowthWithinStart after_a_day(bool jumps, Seconds horizon) {
  GrowthWithinStart growth;
  SteadyTime now{1'000s};
  for (int s = 0; s < 86'400; ++s) {
    now += 1s;
    growth.add(now, jumps && s % 7'200 < 1'800 ? 20 : 10, horizon);
  }
  return growth;
}

TEST(GrowthWithinStart, LoadsThatJumpGetRoomSteadyOnesDoNot) {
  const Seconds start{600};
  EXPECT_GT(after_a_day(true, start).room(start), 1.25);
  EXPECT_NEAR(after_a_day(false, start).room(start), 1, 0.01);
}

TEST(GrowthWithinStart, RoomGrowsWithTheStartAndHasBounds) {
  const GrowthWithinStart jumps = after_a_day(true, Seconds(600));
  EXPECT_EQ(jumps.room(Seconds(10)), 1);
  EXPECT_EQ(jumps.room(kForecastAbove), 1);
  EXPECT_LT(jumps.room(Seconds(300)), jumps.room(Seconds(600)));
  EXPECT_LE(jumps.room(Seconds(36'000)), kForecastMost);
}

TEST(GrowthWithinStart, BeforeAnythingIsKnownThePriorCounts) {
  const GrowthWithinStart fresh;
  EXPECT_NEAR(fresh.deviation(), kPriorGrowthDeviation, 1e-12);
  EXPECT_GT(fresh.room(Seconds(600)), 1.1);
}

TEST(GrowthWithinStart, WhatHappenedInAGapIsNoGrowth) {
  GrowthWithinStart growth;
  SteadyTime now{1'000s};
  for (int round = 0; round < 20; ++round) {
    for (int s = 0; s < 700; ++s) {
      now += 1s;
      growth.add(now, 10.0 * (1 + round), Seconds(600));
    }
    now += 10min;
  }
  EXPECT_LT(growth.deviation(), kPriorGrowthDeviation);
}

}  // namespace
}  // namespace penstock::scaling
