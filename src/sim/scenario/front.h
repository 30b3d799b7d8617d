#pragma once
// One core of the simulated deployment's gateways: the production picker over the ready pods, and
// what this core knows of them from its own calls. Knows routing; must not know engines' insides,
// traces or policies.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/random.h"
#include "routing/picker.h"
#include "sim/scenario/pods.h"

namespace penstock::sim {

class Front {
 public:
  /// `core` is the number under which pods keep its view of them.
  Front(routing::Algorithm algorithm, std::uint64_t seed, std::uint32_t core);
  Front(const Front&) = delete;  // the picker refers to the plan
  Front& operator=(const Front&) = delete;

  /// Other pods are ready: a new plan, as with a new snapshot; what is known of each pod stays.
  void endpoints(Pods& pods);

  /// The slot of the pod that takes the call; nothing while none is ready.
  [[nodiscard]] std::optional<std::uint32_t> pick(SteadyTime now);

  [[nodiscard]] const routing::BreakerPolicy& breaker() const { return plan_.breaker; }

 private:
  std::uint32_t core_;
  routing::Plan plan_;
  std::optional<routing::Picker> picker_;
  std::vector<routing::EndpointFacts> facts_;
  std::vector<routing::EndpointState*> states_;
  std::vector<std::uint32_t> slots_;
  Random random_;
};

}  // namespace penstock::sim
