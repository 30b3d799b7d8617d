#pragma once
// What the owner of a ModelDeployment asked of scaling, as plain numbers. Knows the API type it is
// read from; must not know measurements.

#include <chrono>
#include <cstdint>

#include "crd/generated/model_deployment.h"
#include "scaling/engine_time.h"

namespace penstock::scaling {

struct Settings {
  std::int32_t min_replicas = 1;
  std::int32_t max_replicas = 1;
  double fixed_tokens_per_second = 0;  ///< per replica; 0: learn it
  Objectives objectives{};
  std::int32_t scale_up_limit = 4;    ///< replicas per minute
  std::int32_t scale_down_limit = 1;  ///< replicas per minute
  std::chrono::nanoseconds stabilization = std::chrono::minutes(5);
  std::chrono::nanoseconds sleep_after = std::chrono::minutes(5);  ///< only with min_replicas 0
  /// False for engines that export nothing the rule can read: their silence is then no fault.
  bool engine_metrics = true;
  /// Decide and tell, but do not act: Observation::replicas is then the number last decided.
  bool dry_run = false;
  CapacityPrior prior{};

  friend bool operator==(const Settings&, const Settings&);
};

/// The spec's words as numbers, its defaults filled in. `prior` comes from the planner or a
/// performance table.
[[nodiscard]] Settings settings_from(const crd::model_deployment::Scaling& scaling,
                                     const CapacityPrior& prior);

}  // namespace penstock::scaling
