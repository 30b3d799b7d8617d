#include "sim/scenario/front.h"

namespace penstock::sim {

Front::Front(routing::Algorithm algorithm, std::uint64_t seed, std::uint32_t core)
    : core_(core), random_(seed + core) {
  plan_.algorithm = algorithm;
  plan_.tiers.push_back({.backends = {routing::PlannedBackend{}}, .spill = {}});
}

void Front::endpoints(Pods& pods) {
  slots_ = pods.ready();
  states_.clear();
  for (const std::uint32_t slot : slots_) {
    states_.push_back(&pods.at(slot).endpoints[core_]);
  }
  facts_.assign(slots_.size(), {});
  plan_.tiers[0].backends[0].endpoint_count = static_cast<std::uint32_t>(slots_.size());
  picker_.emplace(plan_);
}

std::optional<std::uint32_t> Front::pick(SteadyTime now) {
  if (slots_.empty()) {
    return std::nullopt;
  }
  const routing::Decision decision =
      picker_->pick(facts_, states_, routing::Attempts{}, now, random_.next());
  if (!decision.choice) {
    return std::nullopt;
  }
  return slots_[decision.choice->endpoint];
}

}  // namespace penstock::sim
