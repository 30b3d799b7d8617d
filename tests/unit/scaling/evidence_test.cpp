#include "scaling/evidence.h"

#include <vector>

#include <gtest/gtest.h>

namespace penstock::scaling {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart{10'000s};

/// A gateway that is asked every quarter of a second.
struct Gateway {
  SteadyTime through = kStart;
  std::vector<DemandSample> news{};

  GatewayReport tell(GatewayId id, SteadyTime until, double calls_per_second) {
    news = {{.start = through, .span = 250ms, .calls = calls_per_second / 4}};
    through = until;
    return {.id = id, .through = through, .news = news};
  }
};

TEST(Evidence, GatewaysThatAreAskedInTurnTellNoStep) {
  State state;
  Gateway first;
  Gateway second{.through = kStart + 200ms};
  for (SteadyTime now = kStart + 250ms; now < kStart + 90s; now += 250ms) {
    const std::vector gateways{first.tell(1, now, 2'000), second.tell(2, now + 200ms, 2'000)};
    const Evidence seen =
        absorb(Settings{}, state, {.now = now + 200ms, .replicas = 1, .gateways = gateways});
    if (now > kStart + 10s) {
      EXPECT_NEAR(seen.step.calls / seen.step.seconds, 4'000, 100) << (now - kStart) / 1ms << " ms";
    }
  }
}

TEST(Evidence, AStepShowsBeforeItsSecondIsOver) {
  State state;
  Gateway gateway;
  Evidence seen;
  for (SteadyTime now = kStart + 250ms; now <= kStart + 20'500ms; now += 250ms) {
    const std::vector gateways{gateway.tell(1, now, now > kStart + 20s ? 400 : 4)};
    seen = absorb(Settings{}, state, {.now = now, .replicas = 1, .gateways = gateways});
  }
  EXPECT_EQ(seen.step.calls, 200 + 6);
  EXPECT_EQ(seen.calm.calls / seen.calm.seconds, 4);
}

}  // namespace
}  // namespace penstock::scaling
