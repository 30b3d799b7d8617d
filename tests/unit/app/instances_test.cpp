#include "app/standalone/instances.h"

#include <gtest/gtest.h>

namespace penstock::app::standalone {
namespace {

constexpr bool kReady = true;
constexpr bool kStarting = false;

Instance instance(const std::string& id, const std::string& fingerprint, bool ready,
                  bool draining = false) {
  return {id, id.substr(0, id.rfind('-')), fingerprint, ready, draining};
}

struct Row {
  const char* what;
  std::vector<EngineWish> wishes;
  std::vector<Instance> instances;
  std::vector<std::string> start;
  std::vector<std::string> drain;
};

TEST(Instances, Table) {
  const EngineWish one{"d/a", "v1", 1, Replacement::kSurge};
  const EngineWish two{"d/a", "v1", 2, Replacement::kSurge};
  const EngineWish recreate{"d/a", "v1", 1, Replacement::kRecreate};
  const Row rows[] = {
      {"nothing runs", {two}, {}, {"d/a-0", "d/a-1"}, {}},
      {"all runs", {one}, {instance("d/a-0", "v1", kReady)}, {}, {}},
      {"one more", {two}, {instance("d/a-0", "v1", kReady)}, {"d/a-1"}, {}},
      {"one less: the one that serves stays",
       {one},
       {instance("d/a-0", "v1", kStarting), instance("d/a-1", "v1", kReady)},
       {},
       {"d/a-0"}},
      {"deleted", {}, {instance("d/a-0", "v1", kReady)}, {}, {"d/a-0"}},
      {"deleted and draining already", {}, {instance("d/a-0", "v1", kReady, true)}, {}, {}},
      {"changed: the new one first", {one}, {instance("d/a-0", "v0", kReady)}, {"d/a-1"}, {}},
      {"changed: the new one is not ready",
       {one},
       {instance("d/a-0", "v0", kReady), instance("d/a-1", "v1", kStarting)},
       {},
       {}},
      {"changed: the new one is ready",
       {one},
       {instance("d/a-0", "v0", kReady), instance("d/a-1", "v1", kReady)},
       {},
       {"d/a-0"}},
      {"changed: one of two is ready",
       {two},
       {instance("d/a-0", "v0", kReady), instance("d/a-1", "v0", kReady),
        instance("d/a-2", "v1", kReady), instance("d/a-3", "v1", kStarting)},
       {},
       {"d/a-1"}},
      {"recreate: the old one first", {recreate}, {instance("d/a-0", "v0", kReady)}, {}, {"d/a-0"}},
      {"recreate: still draining", {recreate}, {instance("d/a-0", "v0", kReady, true)}, {}, {}},
      {"recreate: gone", {recreate}, {}, {"d/a-0"}, {}},
      {"a draining process keeps its number",
       {one},
       {instance("d/a-0", "v1", kReady, true)},
       {"d/a-1"},
       {}},
      {"scaled to nothing",
       {{"d/a", "v1", 0, Replacement::kSurge}},
       {instance("d/a-0", "v1", kReady)},
       {},
       {"d/a-0"}},
  };
  for (const auto& row : rows) {
    const InstancePlan plan = plan_instances(row.wishes, row.instances);
    std::vector<std::string> start;
    for (const auto& item : plan.start) {
      start.push_back(item.id);
    }
    EXPECT_EQ(start, row.start) << row.what;
    EXPECT_EQ(plan.drain, row.drain) << row.what;
  }
}

}  // namespace
}  // namespace penstock::app::standalone
