#include "sim/baselines/kpa.h"

#include <gtest/gtest.h>

namespace penstock::sim {
namespace {

using std::chrono::seconds;

SteadyTime at(int second) {
  return SteadyTime{} + seconds(second);
}

TEST(Kpa, AimsAtSeventyPercentOfTheTarget) {
  Kpa kpa(10);
  EXPECT_EQ(kpa.decide(at(0), 70, 70, 10), 10U);  // 70 ÷ 7
  EXPECT_EQ(kpa.decide(at(2), 71, 71, 10), 11U);
}

TEST(Kpa, HalvesAtMost) {
  Kpa kpa(10);
  EXPECT_EQ(kpa.decide(at(0), 0, 0, 9), 4U);
  EXPECT_EQ(kpa.decide(at(2), 0, 0, 1), 0U);
}

TEST(Kpa, PanicOnlyGrowsAndEndsAfterAStableWindow) {
  Kpa kpa(10);
  EXPECT_EQ(kpa.decide(at(0), 7, 7, 2), 1U);
  EXPECT_FALSE(kpa.in_panic());
  EXPECT_EQ(kpa.decide(at(2), 14, 28, 2), 4U);  // the panic window alone wants twice the ready pods
  EXPECT_TRUE(kpa.in_panic());
  EXPECT_EQ(kpa.decide(at(4), 14, 7, 4), 4U);
  EXPECT_EQ(kpa.decide(at(60), 7, 7, 4), 4U);
  EXPECT_TRUE(kpa.in_panic());
  EXPECT_EQ(kpa.decide(at(64), 7, 7, 4), 2U);
  EXPECT_FALSE(kpa.in_panic());
}

TEST(Kpa, WindowsAreOfTheirLengths) {
  Kpa kpa(10);
  Observation seen{
      .now = at(0), .desired = 10, .ready = 10, .lives = {}, .pods = {}, .gateway = {}};
  std::uint32_t wanted = 0;
  for (int second = 0; second < 120; ++second) {
    seen.now = at(second);
    seen.gateway.in_flight = second < 60 ? 35 : 70;
    const std::uint32_t now = kpa.desired(seen);
    if (second % 2 == 0) {
      wanted = now;
    }
    if (second == 58) {
      EXPECT_EQ(wanted, 10U);  // nothing is decided before a stable window has been seen
    }
    if (second == 60) {
      EXPECT_EQ(wanted, 6U);  // 35.6 ÷ 7
    }
    if (second == 88) {
      EXPECT_EQ(wanted, 8U);  // about half of the stable window has the new load: 52.5 ÷ 7
    }
  }
  EXPECT_EQ(wanted, 10U);
}

}  // namespace
}  // namespace penstock::sim
