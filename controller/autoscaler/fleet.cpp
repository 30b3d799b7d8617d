#include "controller/autoscaler/fleet.h"

#include <algorithm>

#include "controller/child/names.h"

namespace penstock::controller::autoscaler {

void Fleet::look(const std::vector<kube::Object>& pods) {
  for (auto& [uid, known] : known_) {
    known.seen = false;
  }
  std::vector<kube::Object> gateways;
  for (const auto& pod : pods) {
    const auto at = known_.find(pod.uid());
    if (at != known_.end()) {
      at->second.seen = true;
      if (at->second.version != pod.resource_version()) {
        at->second.version = pod.resource_version();
        at->second.replica = read_replica(pod);
      }
      continue;
    }
    if (const auto label = pod.label(child::kDeploymentLabel)) {
      known_.emplace(pod.uid(), Known{pod.resource_version(), pod.name_space() + "/" + *label,
                                      read_replica(pod), true});
    } else {
      gateways.push_back(pod);
    }
  }
  std::erase_if(known_, [](const auto& item) { return !item.second.seen; });
  groups_.clear();
  for (const auto& [uid, known] : known_) {
    if (!known.replica.over) {
      groups_[known.group].push_back(&known.replica);
    }
  }
  for (auto& [deployment, replicas] : groups_) {
    std::ranges::sort(replicas, {}, [](const Replica* replica) { return replica->name; });
  }
  gateways_ = gateway_pods(gateways);
}

const Fleet::Replicas& Fleet::of(const std::string& deployment) const {
  // NOLINTNEXTLINE(readability-identifier-naming): a constant in all but constexpr.
  static const Replicas kNone;
  const auto found = groups_.find(deployment);
  return found == groups_.end() ? kNone : found->second;
}

}  // namespace penstock::controller::autoscaler
