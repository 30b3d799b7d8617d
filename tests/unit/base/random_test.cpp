#include "base/random.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(RandomTest, SameSeedSameSequence) {
  Random a(42);
  Random b(42);
  Random c(43);
  const std::uint64_t first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
}

TEST(RandomTest, BelowStaysBelowAndCoversTheRange) {
  Random random(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) {
    ++seen.at(random.below(7));
  }
  for (const int count : seen) {
    EXPECT_GT(count, 800);
  }
  EXPECT_EQ(random.below(0), 0U);
}

TEST(RandomTest, UnitIsInTheHalfOpenInterval) {
  Random random(9);
  for (int i = 0; i < 1000; ++i) {
    const double value = random.unit();
    EXPECT_GE(value, 0.0);
    EXPECT_LT(value, 1.0);
  }
}

TEST(RandomTest, SecureHexHasTheLengthAndDiffers) {
  EXPECT_EQ(secure_hex(16).size(), 32U);
  EXPECT_NE(secure_hex(16), secure_hex(16));
}

}  // namespace
}  // namespace penstock
