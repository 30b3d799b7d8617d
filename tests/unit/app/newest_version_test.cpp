#include "app/gateway/newest_version.h"

#include <gtest/gtest.h>

namespace penstock::app::gateway_role {
namespace {

TEST(NewestVersion, LargerOnesOnlyAndEachOnce) {
  NewestVersion newest;
  EXPECT_TRUE(newest.wants(5));   // the watch
  EXPECT_FALSE(newest.wants(5));  // the stream brings the same
  EXPECT_TRUE(newest.wants(9));
  EXPECT_FALSE(newest.wants(7));  // a replica that lags behind
  EXPECT_FALSE(newest.wants(9));
  EXPECT_TRUE(newest.wants(10));
}

TEST(NewestVersion, UnknownOnesAreTakenAndChangeNothing) {
  NewestVersion newest;
  EXPECT_TRUE(newest.wants(0));
  EXPECT_TRUE(newest.wants(5));
  EXPECT_TRUE(newest.wants(0));
  EXPECT_FALSE(newest.wants(4));
}

TEST(VersionNumber, DecimalOrNothing) {
  EXPECT_EQ(version_number("12"), 12U);
  EXPECT_EQ(version_number("18446744073709551615"), ~0ULL);
  EXPECT_EQ(version_number("18446744073709551616"), 0U);
  for (const char* wrong : {"", "x", "12x", "-1", " 1", "1.5"}) {
    EXPECT_EQ(version_number(wrong), 0U) << wrong;
  }
}

}  // namespace
}  // namespace penstock::app::gateway_role
