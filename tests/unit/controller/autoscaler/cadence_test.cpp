#include "controller/autoscaler/cadence.h"

#include <gtest/gtest.h>

namespace penstock::controller::autoscaler {
namespace {

using namespace std::chrono_literals;

TEST(Cadence, AFewEnginesWithCallsAreReadEverySecondManyShareABudget) {
  EXPECT_EQ(busy_engine_every(1), 1s);
  EXPECT_EQ(busy_engine_every(kBusyEnginesPerSecond), 1s);
  EXPECT_EQ(busy_engine_every(3 * kBusyEnginesPerSecond), 3s);
  EXPECT_EQ(busy_engine_every(100 * kBusyEnginesPerSecond), kIdleEngineEvery);
}

TEST(Cadence, ManyGatewaysOrDeploymentsAreAskedLessOften) {
  EXPECT_EQ(gateway_every(2, 10), kGatewayEvery);
  EXPECT_EQ(gateway_every(10, 10), 2 * kGatewayEvery);
  EXPECT_EQ(gateway_every(2, 2 * kManyDeployments), 3 * kGatewayEvery);
  EXPECT_EQ(gateway_every(10'000, 10'000), kSlowestGatewayEvery);
}

}  // namespace
}  // namespace penstock::controller::autoscaler
