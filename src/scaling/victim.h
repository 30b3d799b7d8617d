#pragma once
// Which pods go first when the number of replicas falls, as values for the annotation
// controller.kubernetes.io/pod-deletion-cost (lower goes first). Knows pods' facts and last
// samples; must not know how many will go.
//
// Order: draining already; not ready, those without hope before those on their way; then ready ones
// with the least running sequences, the least KV in use, the youngest. A pod whose load is not
// known is kept longest: it may be full. Source:
// https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost

#include <cstdint>
#include <span>
#include <vector>

#include "scaling/signals.h"

namespace penstock::scaling {

struct DeletionCost {
  PodId pod = 0;
  std::int32_t cost = 0;
};

/// First to go first. Costs are in steps, so that they change only when the order matters: the
/// annotation is written by an API call each.
[[nodiscard]] std::vector<DeletionCost> deletion_costs(std::span<const PodReport> pods,
                                                       SteadyTime now);

}  // namespace penstock::scaling
