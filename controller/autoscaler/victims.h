#pragma once
// Which pods go when the number falls, as annotations for the ReplicaSet controller. Pure.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controller/autoscaler/replica.h"

namespace penstock::controller::autoscaler {

/// What a pod's annotation kDeletionCost must become; absent: none.
struct PodCost {
  std::string pod;
  std::optional<std::int32_t> cost;
  friend bool operator==(const PodCost&, const PodCost&) = default;
};

/// The annotations to change so that the `leaving` pods with the least to finish go first: those
/// get a negative cost, and others lose one that an earlier decision left. `reports` go with
/// `replicas`, in their order. Few writes: pods that stay and never were chosen are not touched.
[[nodiscard]] std::vector<PodCost> mark_victims(std::span<const Replica* const> replicas,
                                                std::span<const scaling::PodReport> reports,
                                                std::int32_t leaving, SteadyTime now);

}  // namespace penstock::controller::autoscaler
