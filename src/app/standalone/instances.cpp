#include "app/standalone/instances.h"

#include <algorithm>
#include <set>

namespace penstock::app::standalone {
namespace {

using Group = std::vector<const Instance*>;

/// The lowest numbers that no process of the deployment has, draining ones included.
std::vector<std::string> free_ids(const std::string& deployment, const Group& all,
                                  std::size_t count) {
  std::set<std::string> used;
  for (const auto* instance : all) {
    used.insert(instance->id);
  }
  std::vector<std::string> ids;
  for (std::size_t number = 0; ids.size() < count; ++number) {
    std::string id = deployment + "-" + std::to_string(number);
    if (!used.contains(id)) {
      ids.push_back(std::move(id));
    }
  }
  return ids;
}

/// Drains all but `keep`, those that do not serve first.
void drain_down_to(std::size_t keep, Group group, InstancePlan& plan) {
  std::ranges::sort(group, [](const Instance* a, const Instance* b) {
    return a->ready != b->ready ? a->ready : a->id < b->id;
  });
  for (std::size_t i = keep; i < group.size(); ++i) {
    plan.drain.push_back(group[i]->id);
  }
}

void plan_deployment(const EngineWish& wish, const Group& all, InstancePlan& plan) {
  Group current;
  Group old;
  std::size_t current_ready = 0;
  bool old_exists = false;
  for (const auto* instance : all) {
    const bool same = instance->fingerprint == wish.fingerprint;
    old_exists = old_exists || !same;
    if (instance->draining) {
      continue;
    }
    (same ? current : old).push_back(instance);
    current_ready += same && instance->ready ? 1U : 0U;
  }
  const std::size_t wanted = wish.replicas;
  drain_down_to(wanted, current, plan);
  const bool surge = wish.replacement == Replacement::kSurge;
  drain_down_to(surge && current_ready < wanted ? wanted - current_ready : 0, old, plan);
  if (current.size() < wanted && (surge || !old_exists)) {
    for (auto& id : free_ids(wish.deployment, all, wanted - current.size())) {
      plan.start.push_back({std::move(id), wish.deployment});
    }
  }
}

}  // namespace

InstancePlan plan_instances(const std::vector<EngineWish>& wishes,
                            const std::vector<Instance>& instances) {
  InstancePlan plan;
  std::set<std::string> wished;
  for (const auto& wish : wishes) {
    wished.insert(wish.deployment);
    Group group;
    for (const auto& instance : instances) {
      if (instance.deployment == wish.deployment) {
        group.push_back(&instance);
      }
    }
    plan_deployment(wish, group, plan);
  }
  for (const auto& instance : instances) {
    if (!wished.contains(instance.deployment) && !instance.draining) {
      plan.drain.push_back(instance.id);
    }
  }
  return plan;
}

}  // namespace penstock::app::standalone
