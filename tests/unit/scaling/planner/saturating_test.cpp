#include "scaling/planner/saturating.h"

#include <gtest/gtest.h>

namespace penstock::scaling::planner {
namespace {

TEST(Saturating, StaysAtTheLargestNumber) {
  EXPECT_EQ(plus(kTooMany, 1), kTooMany);
  EXPECT_EQ(plus(kTooMany - 1, 1), kTooMany);
  EXPECT_EQ(plus(1, 2), 3U);
  EXPECT_EQ(times(std::uint64_t{1} << 32U, std::uint64_t{1} << 32U), kTooMany);
  EXPECT_EQ(times(kTooMany, 0), 0U);
  EXPECT_EQ(times(std::uint64_t{1} << 60U, 15), std::uint64_t{15} << 60U);
  EXPECT_EQ(times(std::uint64_t{1} << 60U, 16), kTooMany);
  EXPECT_EQ(times(3, 5, std::uint64_t{7}, std::uint64_t{2}), 210U);
}

TEST(Saturating, DividesUpAndStopsAtZero) {
  EXPECT_EQ(divide_up(0, 8), 0U);
  EXPECT_EQ(divide_up(8, 8), 1U);
  EXPECT_EQ(divide_up(9, 8), 2U);
  EXPECT_EQ(divide_up(kTooMany, 1), kTooMany);
  EXPECT_EQ(minus_to_zero(3, 5), 0U);
  EXPECT_EQ(minus_to_zero(5, 3), 2U);
}

}  // namespace
}  // namespace penstock::scaling::planner
