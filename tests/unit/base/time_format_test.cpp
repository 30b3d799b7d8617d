#include "base/time_format.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using namespace std::chrono_literals;

TEST(DurationTest, ReadsGoDurations) {
  EXPECT_EQ(parse_duration("500ms").value(), 500ms);
  EXPECT_EQ(parse_duration("1m30s").value(), 90s);
  EXPECT_EQ(parse_duration("1.5h").value(), 90min);
  EXPECT_EQ(parse_duration("0").value(), 0s);
  EXPECT_EQ(parse_duration("-2s").value(), -2s);
}

TEST(DurationTest, RefusesWhatIsNotOneAndSaysHow) {
  for (const char* text : {"", "5", "s", "5 s", "1d", "abc", "1.2.3s", "99999999999h"}) {
    const auto result = parse_duration(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_NE(result.error().message().find("1m30s"), std::string::npos);
  }
}

TEST(DurationTest, WritesWhatItReads) {
  for (const auto value : {0ns, 1ns, 500'000'000ns, 90'000'000'000ns, 3'600'000'000'001ns}) {
    EXPECT_EQ(parse_duration(format_duration(value)).value(), value);
  }
  EXPECT_EQ(format_duration(90s), "1m30s");
}

TEST(Rfc3339Test, RoundTripsAndReadsOffsets) {
  const auto time = parse_rfc3339("2026-03-01T09:30:00.250+01:30");
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(format_rfc3339(*time), "2026-03-01T08:00:00.250Z");
}

TEST(Rfc3339Test, TimesBeforeTheEpochKeepTheirSecond) {
  EXPECT_EQ(format_rfc3339(parse_rfc3339("1969-12-31T23:59:59.250Z").value()),
            "1969-12-31T23:59:59.250Z");
}

TEST(Rfc3339Test, RefusesImpossibleDates) {
  for (const char* text : {"2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T25:00:00Z",
                           "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "nonsense"}) {
    EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
  }
}

TEST(Rfc3339, TimesBeyondTheClockAreItsEnds) {
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:59Z"), WallTime::max());
  EXPECT_EQ(parse_rfc3339("0001-01-01T00:00:00Z"), WallTime::min());
}

}  // namespace
}  // namespace penstock
