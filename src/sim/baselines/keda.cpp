#include "sim/baselines/keda.h"

#include <algorithm>

namespace penstock::sim {

std::uint32_t Keda::desired(const Observation& seen) {
  double sum = seen.gateway.queued;
  for (const PodSample& pod : seen.pods) {
    sum += pod.waiting;
  }
  const std::uint32_t activated = activate(seen, sum);
  if (activated == 0 || activated != seen.desired) {
    return activated;
  }
  if (seen.now < next_sync_) {
    return seen.desired;
  }
  next_sync_ = seen.now + options_.hpa.sync;
  const std::uint32_t wanted =
      std::max(hpa_from_sum(sum, seen.desired, target_, options_.hpa.tolerance),
               std::max(options_.min_replicas, 1U));
  return stabiliser_.apply(seen.now, seen.desired, wanted);
}

/// Zero or one: what it decides on its own. Otherwise the replicas as they are.
std::uint32_t Keda::activate(const Observation& seen, double sum) {
  if (seen.now < next_poll_) {
    return seen.desired;
  }
  next_poll_ = seen.now + options_.polling;
  // In-flight calls keep a deployment alive: an engine that answers is no idle one.
  if (sum > options_.activation || seen.gateway.in_flight > 0) {
    last_active_ = seen.now;
    return std::max(seen.desired, 1U);
  }
  const bool idle = seen.now - last_active_ >= options_.cooldown;
  return idle && options_.min_replicas == 0 ? 0 : seen.desired;
}

}  // namespace penstock::sim
