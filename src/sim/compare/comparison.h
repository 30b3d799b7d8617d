#pragma once
// Several policies on the same load: one outcome each. Knows how to run them one after the other;
// must not know how the result is shown.

#include <functional>
#include <string>
#include <vector>

#include "sim/compare/policy.h"
#include "sim/scenario/outcome.h"

namespace penstock::sim {

struct PolicyOutcome {
  PolicySpec policy;
  Outcome outcome;
};

struct Comparison {
  std::string load;        ///< in words, for headings
  std::string hardware;    ///< the performance model's name
  std::uint32_t gpus = 1;  ///< per replica
  Scenario scenario;
  std::vector<PolicyOutcome> policies;
};

/// `begun` is told each policy's label before its run. Every call of the load is offered to every
/// policy; the first error ends it all.
[[nodiscard]] Result<Comparison> compare(const Load& load, const Scenario& scenario,
                                         const PerfModel& perf,
                                         const std::vector<PolicySpec>& policies,
                                         const std::function<void(const std::string&)>& begun);

}  // namespace penstock::sim
