#pragma once
// What one core counts of the demand for each deployment, and how cores add up. Knows names and
// cells; not calls, not configuration. A core writes its own counters; any thread may read them.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/demand/report.h"
#include "telemetry/cell.h"
#include "telemetry/registry.h"

namespace penstock::gateway::demand {

/// A total that is estimated first and corrected later, and yet never falls: what was counted too
/// much is taken off what comes next.
class CorrectedTotal {
 public:
  void add(std::int64_t n) noexcept {
    const std::int64_t paid_back = std::min(owed_, n);
    owed_ -= paid_back;
    cell_.add(n - paid_back);
  }
  void correct(std::int64_t estimate, std::int64_t truth) noexcept {
    if (truth >= estimate) {
      add(truth - estimate);
    } else {
      owed_ += estimate - truth;
    }
  }
  [[nodiscard]] std::int64_t value() const noexcept { return cell_.value(); }

 private:
  telemetry::Cell cell_;
  std::int64_t owed_ = 0;  ///< the writing core's alone
};

/// One deployment on one core; the fields are DeploymentDemand's.
struct Counters {
  telemetry::Cell arrivals;
  CorrectedTotal prompt_tokens;
  telemetry::Cell output_tokens;
  telemetry::Cell spilled_calls;
  telemetry::Cell spilled_tokens;
  telemetry::Cell absorbed_calls;
  telemetry::Cell absorbed_tokens;
  telemetry::Cell in_flight;
  telemetry::Cell queued;
  telemetry::Cell waiting_for_start;
};

/// One core's counters by deployment. of() and prune() on the core's thread, add_to() on any.
class Book {
 public:
  using Totals = std::map<std::string, DeploymentDemand, std::less<>>;  ///< by "namespace/name"

  [[nodiscard]] std::shared_ptr<Counters> of(const std::string& deployment);
  /// Forgets those that nobody else holds.
  void prune();
  void add_to(Totals& totals) const;

 private:
  mutable std::mutex mutex_;  // guards the map; the counters are lock-free
  std::map<std::string, std::shared_ptr<Counters>> by_name_;
};

/// The sum over cores, in order of namespace and name.
[[nodiscard]] std::vector<DeploymentDemand> sum(std::span<const Book* const> books);

/// The same as metrics.
void show(const std::vector<DeploymentDemand>& demand, telemetry::Registry& registry);

}  // namespace penstock::gateway::demand
