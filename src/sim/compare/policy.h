#pragma once
// Policies by their names: "hpa-kv=0.6" → an autoscaler for one run. Knows every policy there is;
// must not know command lines or reports.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sim/scenario/scaler.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/load.h"

namespace penstock::sim {

/// What a policy's target means, for help and errors.
struct PolicyKind {
  std::string_view name;
  std::string_view target;  ///< in words
  double usual;             ///< the target when none is given
  double least;             ///< exclusive
  double most;
};

[[nodiscard]] std::span<const PolicyKind> policy_kinds();

struct PolicySpec {
  std::string name;
  double target = 0;

  /// "hpa-kv=0.6", as it is written and shown.
  [[nodiscard]] std::string label() const;
};

/// Parses "NAME" or "NAME=TARGET". kInvalid names the flag, the value and what there is.
[[nodiscard]] Result<PolicySpec> parse_policy(std::string_view text);

/// A fresh autoscaler. Reads the whole load first where the policy is a reference that may.
[[nodiscard]] Result<std::unique_ptr<Scaler>> make_policy(const PolicySpec& spec,
                                                          const Scenario& scenario,
                                                          const PerfModel& perf, const Load& load);

}  // namespace penstock::sim
