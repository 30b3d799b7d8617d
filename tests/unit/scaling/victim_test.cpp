#include "scaling/victim.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

namespace penstock::scaling {
namespace {

using namespace std::chrono_literals;

const SteadyTime kNow{9'000s};

PodReport ready(PodId id, double running, double kv, std::chrono::seconds age) {
  return {
      .id = id,
      .facts = {.created = kNow - age, .scheduled = kNow - age, .ready_since = kNow - age + 60s},
      .engine = {.fault = Fault::kNone,
                 .scraped = kNow,
                 .generation_tokens = 1,
                 .running = running,
                 .kv_usage = kv}};
}

PodReport starting(PodId id, Pending pending, bool scheduled) {
  PodReport pod{.id = id, .facts = {.created = kNow - 30s, .pending = pending}};
  if (scheduled) {
    pod.facts.scheduled = kNow - 20s;
  }
  return pod;
}

std::vector<PodId> order(const std::vector<PodReport>& pods) {
  std::vector<PodId> ids;
  for (const DeletionCost& cost : deletion_costs(pods, kNow)) {
    ids.push_back(cost.pod);
  }
  return ids;
}

TEST(Victim, ThoseThatCostLeastGoFirst) {
  PodReport draining = ready(8, 50, 0.9, 1h);
  draining.facts.draining = true;
  PodReport blind = ready(7, 0, 0, 1h);
  blind.engine.fault = Fault::kUnreachable;
  const std::vector<PodReport> pods = {
      ready(1, 40, 0.8, 1h),
      blind,
      ready(2, 5, 0.1, 1h),
      starting(3, Pending::kNone, true),
      starting(4, Pending::kCrashing, true),
      starting(5, Pending::kNodeProvisioning, false),
      draining,
  };
  EXPECT_EQ(order(pods), (std::vector<PodId>{8, 4, 5, 3, 2, 1, 7}));
}

TEST(Victim, AmongEqualsTheYoungestGoes) {
  EXPECT_EQ(order({ready(1, 0, 0, 3h), ready(2, 0, 0, 1h), ready(3, 0, 0, 2h)}),
            (std::vector<PodId>{2, 3, 1}));
}

TEST(Victim, CostsRiseInOrderAndSmallChangesDoNotMoveThem) {
  const std::vector<PodReport> pods = {ready(1, 40, 0.8, 1h), ready(2, 20, 0.3, 1h)};
  std::vector<PodReport> later = pods;
  later[1].engine.kv_usage = 0.302;
  const auto before = deletion_costs(pods, kNow);
  const auto after = deletion_costs(later, kNow);
  EXPECT_LT(before[0].cost, before[1].cost);
  EXPECT_EQ(before[0].cost, after[0].cost);
  EXPECT_EQ(before[1].cost, after[1].cost);
}

}  // namespace
}  // namespace penstock::scaling
