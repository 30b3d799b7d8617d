#include "sim/compare/comparison.h"

#include <algorithm>
#include <utility>

#include "sim/scenario/simulation.h"

namespace penstock::sim {

Result<Comparison> compare(const Load& load, const Scenario& scenario, const PerfModel& perf,
                           const std::vector<PolicySpec>& policies,
                           const std::function<void(const std::string&)>& begun) {
  Comparison comparison{.load = load.description(),
                        .hardware = perf.name(),
                        .gpus = perf.gpus(),
                        .scenario = scenario,
                        .policies = {}};
  for (const PolicySpec& policy : policies) {
    begun(policy.label());
    PENSTOCK_TRY(scaler, make_policy(policy, scenario, perf, load));
    PENSTOCK_TRY(trace, load.open());
    Scenario own = scenario;
    if (policy.name == "static") {  // its number is there from the beginning, whatever the bounds
      own.initial_replicas = static_cast<std::uint32_t>(policy.target);
      own.min_replicas = own.initial_replicas;
      own.max_replicas = std::max(own.max_replicas, own.initial_replicas);
    }
    auto outcome = simulate(own, perf, *trace, *scaler);
    if (!outcome) {
      return fail(std::move(outcome).error().with_context(policy.label()));
    }
    comparison.policies.push_back({policy, *std::move(outcome)});
  }
  return comparison;
}

}  // namespace penstock::sim
