#include "routing/breaker.h"

#include <gtest/gtest.h>

namespace penstock::routing {
namespace {

using namespace std::chrono_literals;

const BreakerPolicy kPolicy{.consecutive_failures = 3, .open_for = 10s};
const SteadyTime kStart{1000s};

void fail_times(Breaker& breaker, int times, SteadyTime now) {
  for (int i = 0; i < times; ++i) {
    breaker.failure(breaker.begin(now), kPolicy, now);
  }
}

TEST(Breaker, OpensAtTheConsecutiveCountOnly) {
  Breaker breaker;
  fail_times(breaker, 2, kStart);
  breaker.success(breaker.begin(kStart));
  fail_times(breaker, 2, kStart);
  EXPECT_TRUE(breaker.admits(kStart));
  fail_times(breaker, 1, kStart);
  EXPECT_EQ(breaker.state(kStart), Breaker::State::kOpen);
  EXPECT_FALSE(breaker.admits(kStart + 9'999ms));
  EXPECT_EQ(breaker.retry_at(), kStart + 10s);
}

TEST(Breaker, HalfOpenLetsExactlyOneProbeThrough) {
  Breaker breaker;
  fail_times(breaker, 3, kStart);
  const SteadyTime later = kStart + 10s;
  int admitted = 0;
  for (int i = 0; i < 1'000; ++i) {
    if (breaker.admits(later)) {
      const auto ticket = breaker.begin(later);
      EXPECT_TRUE(ticket.probe);
      ++admitted;
    }
  }
  EXPECT_EQ(admitted, 1);
}

TEST(Breaker, ProbeDecides) {
  Breaker breaker;
  fail_times(breaker, 3, kStart);
  const auto probe = breaker.begin(kStart + 10s);
  breaker.failure(probe, kPolicy, kStart + 11s);
  EXPECT_EQ(breaker.state(kStart + 20s), Breaker::State::kOpen);
  const auto second = breaker.begin(kStart + 21s);
  EXPECT_TRUE(second.probe);
  breaker.success(second);
  EXPECT_EQ(breaker.state(kStart + 21s), Breaker::State::kClosed);
  fail_times(breaker, 2, kStart + 21s);
  EXPECT_TRUE(breaker.admits(kStart + 21s)) << "the count starts afresh after closing";
  EXPECT_EQ(breaker.times_opened(), 2U);
}

TEST(Breaker, LateVerdictsOfOlderCallsChangeNothing) {
  Breaker breaker;
  const auto slow = breaker.begin(kStart);
  const auto other = breaker.begin(kStart);
  fail_times(breaker, 3, kStart);
  breaker.success(slow);
  EXPECT_FALSE(breaker.admits(kStart + 5s));
  const auto probe = breaker.begin(kStart + 10s);
  breaker.failure(other, kPolicy, kStart + 10s);
  EXPECT_FALSE(breaker.admits(kStart + 10s)) << "the probe is still out";
  breaker.success(probe);
  EXPECT_TRUE(breaker.admits(kStart + 10s));
}

TEST(Breaker, AProbeWithoutAVerdictGivesItsPlaceBack) {
  Breaker breaker;
  fail_times(breaker, 3, kStart);
  breaker.no_verdict(breaker.begin(kStart + 10s));
  EXPECT_TRUE(breaker.admits(kStart + 10s));
}

TEST(Breaker, ZeroMeansNever) {
  Breaker breaker;
  const BreakerPolicy never{.consecutive_failures = 0, .open_for = 10s};
  for (int i = 0; i < 100; ++i) {
    breaker.failure(breaker.begin(kStart), never, kStart);
  }
  EXPECT_TRUE(breaker.admits(kStart));
}

}  // namespace
}  // namespace penstock::routing
