#include "controller/autoscaler/victims.h"

#include <algorithm>
#include <unordered_map>

#include "scaling/victim.h"

namespace penstock::controller::autoscaler {

std::vector<PodCost> mark_victims(std::span<const Replica* const> replicas,
                                  std::span<const scaling::PodReport> reports, std::int32_t leaving,
                                  SteadyTime now) {
  std::unordered_map<scaling::PodId, std::int32_t> costs;
  for (const auto& candidate : scaling::deletion_costs(reports, now)) {
    const auto draining = std::ranges::any_of(reports, [&](const auto& report) {
      return report.id == candidate.pod && report.facts.draining;
    });
    if (draining) {
      continue;  // is on its way out already and not counted
    }
    if (static_cast<std::int32_t>(costs.size()) >= leaving) {
      break;
    }
    const auto rank = static_cast<std::int32_t>(costs.size());
    costs.emplace(candidate.pod, rank - leaving);
  }
  std::vector<PodCost> out;
  for (const Replica* replica : replicas) {
    if (replica->draining) {
      continue;
    }
    const auto chosen = costs.find(replica->id);
    const auto cost = chosen == costs.end() ? std::nullopt : std::optional(chosen->second);
    const bool ours = replica->deletion_cost && *replica->deletion_cost < 0;
    if (cost ? replica->deletion_cost != cost : ours) {
      out.push_back({replica->name, cost});
    }
  }
  return out;
}

}  // namespace penstock::controller::autoscaler
