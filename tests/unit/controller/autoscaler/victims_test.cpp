#include "controller/autoscaler/victims.h"

#include <gtest/gtest.h>

namespace penstock::controller::autoscaler {
namespace {

const SteadyTime kNow(std::chrono::hours(5));

struct Pods {
  std::vector<Replica> replicas;
  std::vector<scaling::PodReport> reports;

  Replica& add(const std::string& name, double running, bool ready = true) {
    Replica replica;
    replica.name = name;
    replica.id = stable_id(name);
    scaling::PodReport report;
    report.id = replica.id;
    report.facts.created = kNow - std::chrono::hours(1);
    report.facts.scheduled = report.facts.created;
    if (ready) {
      report.facts.ready_since = kNow - std::chrono::minutes(30);
    }
    report.engine.fault = scaling::Fault::kNone;
    report.engine.scraped = kNow;
    report.engine.prompt_tokens = report.engine.generation_tokens = 1;
    report.engine.running = running;
    report.engine.waiting = 0;
    report.engine.kv_usage = running / 100;
    reports.push_back(report);
    return replicas.emplace_back(replica);
  }
  [[nodiscard]] std::vector<PodCost> mark(int leaving) const {
    std::vector<const Replica*> views;
    for (const auto& replica : replicas) {
      views.push_back(&replica);
    }
    return mark_victims(views, reports, leaving, kNow);
  }
};

TEST(Victims, ThoseWithTheLeastToFinish) {
  Pods pods;
  pods.add("busy", 50);
  pods.add("idle", 0);
  pods.add("half", 20);
  EXPECT_EQ(pods.mark(1), (std::vector<PodCost>{{"idle", -1}}));
  EXPECT_EQ(pods.mark(2), (std::vector<PodCost>{{"idle", -2}, {"half", -1}}));
}

TEST(Victims, ThoseNotReadyFirst) {
  Pods pods;
  pods.add("idle", 0);
  pods.add("starting", 0, false);
  EXPECT_EQ(pods.mark(1), (std::vector<PodCost>{{"starting", -1}}));
}

TEST(Victims, AnOlderChoiceIsTakenBack) {
  Pods pods;
  pods.add("a", 30).deletion_cost = -1;
  pods.add("b", 0);
  EXPECT_EQ(pods.mark(1), (std::vector<PodCost>{{"a", std::nullopt}, {"b", -1}}));
}

TEST(Victims, NothingIsWrittenTwiceAndOthersCostsStay) {
  Pods pods;
  pods.add("a", 0).deletion_cost = -1;
  pods.add("b", 9).deletion_cost = 500;  // somebody else's
  EXPECT_TRUE(pods.mark(1).empty());
}

TEST(Victims, PodsOnTheirWayOutAreNotCounted) {
  Pods pods;
  pods.add("leaving", 0).draining = true;
  pods.reports[0].facts.draining = true;
  pods.add("idle", 0);
  pods.add("busy", 9);
  EXPECT_EQ(pods.mark(1), (std::vector<PodCost>{{"idle", -1}}));
}

}  // namespace
}  // namespace penstock::controller::autoscaler
