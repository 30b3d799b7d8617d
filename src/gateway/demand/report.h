#pragma once
// What one gateway was asked for, per deployment, as it tells the controller. Knows JSON; not who
// carries the text, nor what is made of it.
//
// Totals count from the instance's start and gauges are of the moment, so a report that is lost
// loses nothing. A total that is smaller than in an earlier report of the same instance has begun
// anew (the deployment had left the configuration and came back). Example: report_test.cpp.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace penstock::gateway::demand {

struct DeploymentDemand {
  std::string name_space;
  std::string name;

  // Totals. A call is offered to the deployment that its route would have liked to use, once,
  // whatever became of it.
  std::int64_t arrivals = 0;         ///< calls offered
  std::int64_t prompt_tokens = 0;    ///< of these: estimated on arrival, corrected at the end
  std::int64_t output_tokens = 0;    ///< of these
  std::int64_t spilled_calls = 0;    ///< of these, answered by another deployment
  std::int64_t spilled_tokens = 0;   ///< prompt and output of the spilled calls
  std::int64_t absorbed_calls = 0;   ///< offered to another deployment, answered by this one
  std::int64_t absorbed_tokens = 0;  ///< prompt and output of the absorbed calls

  // Gauges.
  std::int64_t in_flight = 0;          ///< calls at its endpoints
  std::int64_t queued = 0;             ///< calls that wait because all endpoints are full
  std::int64_t waiting_for_start = 0;  ///< calls that wait for its first endpoint

  friend bool operator==(const DeploymentDemand&, const DeploymentDemand&) = default;
};

struct Report {
  std::string gateway;   ///< "namespace/name"
  std::string instance;  ///< of the process; a restarted one has another, or begins at sequence 1
  std::uint64_t sequence = 0;  ///< grows with each report of an instance
  WallTime at{};
  std::chrono::milliseconds window{0};        ///< what the totals cover: the instance's age
  std::vector<DeploymentDemand> deployments;  ///< by namespace and name, each once

  friend bool operator==(const Report&, const Report&) = default;
};

/// Bounds on what is read.
inline constexpr std::size_t kLargestReport = std::size_t{4} << 20U;  ///< bytes
inline constexpr std::size_t kMostDeployments = 10'000;

/// One line.
[[nodiscard]] std::string write_report(const Report& report);

/// kInvalid or kTooLarge names the field and what was expected there. Every field must be there,
/// numbers must not be negative; fields that are not known are ignored (a newer gateway may talk to
/// an older controller).
[[nodiscard]] Result<Report> read_report(std::string_view text);

}  // namespace penstock::gateway::demand
