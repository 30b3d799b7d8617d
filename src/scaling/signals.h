#pragma once
// What is known of one ModelDeployment at a tick: what gateways were asked for, what engines say,
// where each pod is in its life; and which of it may be believed. Knows times, counts and faults;
// must not know HTTP, Kubernetes or how many replicas follow from it.
//
// A sample that fails judge() is unusable with a reason. Unusable data never leads to fewer
// replicas. All times are the caller's steady clock. Pure; any thread.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"

namespace penstock::scaling {

using GatewayId = std::uint64_t;  ///< the caller's stable name for a gateway replica
using PodId = std::uint64_t;      ///< the caller's stable name for a pod: a hash of its UID

/// Why a sample cannot be used.
enum class Fault : std::uint8_t {
  kNone,
  kMissing,      ///< never seen, or a number that the rule needs is absent
  kUnreachable,  ///< the caller could not fetch it
  kUnparsable,   ///< it answered something else
  kStale,        ///< older than kEngineStaleAfter or kDemandStaleAfter
  kFuture,       ///< dated after now
  kNotANumber,   ///< NaN or infinite
  kNegative,
  kReset,        ///< a counter went back: usable again from the next interval
  kImplausible,  ///< beyond what hardware can do, or a share above 1
};
[[nodiscard]] std::string_view name(Fault fault);  ///< "stale"; for messages and labels

/// What one gateway was asked for in one stretch of time. Counts, not rates.
struct DemandSample {
  SteadyTime start{};
  std::chrono::milliseconds span{1'000};  ///< longer stretches are spread evenly over their seconds
  double calls = 0;                       ///< that arrived for this deployment and were not spilled
  double prompt_tokens = 0;               ///< of those calls
  double prompt_tokens_squared = 0;       ///< Σ tokens² of those calls; 0 = not known
  double expected_output_tokens = 0;      ///< the gateway's estimate for those calls; 0 = not known
  double completed_calls = 0;             ///< that ended in this stretch
  double completed_output_tokens = 0;     ///< observed, of those
  double spilled_calls = 0;  ///< sent elsewhere because this deployment was full or asleep
  double spilled_prompt_tokens = 0;
};

struct GatewayReport {
  GatewayId id = 0;
  Fault fault = Fault::kNone;            ///< set by the caller when it has no report
  SteadyTime through{};                  ///< everything before this instant has been told
  std::span<const DemandSample> news{};  ///< since its last report; those told before are ignored
  double queued_calls = 0;               ///< now waiting in the gateway for room
  double cold_start_calls = 0;           ///< now waiting because no replica is ready
};

/// One scrape of one engine, in the terms of engine_metrics.h. Totals only grow until a restart.
struct EngineSample {
  Fault fault = Fault::kMissing;  ///< set by the caller when it has no scrape
  SteadyTime scraped{};
  std::optional<double> prompt_tokens{};           ///< total, cached ones included
  std::optional<double> computed_prompt_tokens{};  ///< total, cached ones excluded; if exported
  std::optional<double> generation_tokens{};       ///< total
  std::optional<double> prefix_queries{};          ///< total tokens looked up in the prefix cache
  std::optional<double> prefix_hits{};             ///< total tokens found
  std::optional<double> preemptions{};             ///< total
  std::optional<double> iterations{};              ///< total engine steps; makes learning sharper
  std::optional<double> running{};                 ///< sequences in the batch
  std::optional<double> waiting{};                 ///< sequences in the engine's queue
  std::optional<double> kv_usage{};                ///< 0…1
  std::optional<double> kv_capacity_tokens{};
};

/// Why a pod is not ready.
enum class Pending : std::uint8_t {
  kNone,              ///< ready, or loading the model
  kScheduling,        ///< not yet looked at by the scheduler
  kNodeProvisioning,  ///< a node autoscaler is bringing a node for it
  kUnschedulable,     ///< no node fits and none is coming
  kPulling,           ///< image or weights
  kCrashing,          ///< restarts again and again
};
[[nodiscard]] std::string_view name(Pending pending);

struct PodFacts {
  SteadyTime created{};
  std::optional<SteadyTime> scheduled{};
  std::optional<SteadyTime> ready_since{};  ///< absent: not ready
  bool draining = false;                    ///< takes no new calls and will go
  Pending pending = Pending::kNone;
};

struct PodReport {
  PodId id = 0;
  PodFacts facts{};
  EngineSample engine{};
};

/// Everything of one tick. The spans are only read during the call.
struct Observation {
  SteadyTime now{};
  /// What the workload is asked to run now (Deployment.spec.replicas), pods that start included. In
  /// a dry run what it would be asked to run: the decisions go on from each other.
  std::int32_t replicas = 0;
  /// spec.replicas of the ModelDeployment: somebody else decides.
  std::optional<std::int32_t> fixed_replicas{};
  /// Every gateway that may send calls here; one that is silent belongs here with its fault.
  std::span<const GatewayReport> gateways{};
  std::span<const PodReport> pods{};
};

/// kNone if the sample makes sense on its own. Its own `fault` comes first.
[[nodiscard]] Fault judge(const EngineSample& sample, SteadyTime now);
/// kNone if the interval between two good samples of one pod makes sense.
[[nodiscard]] Fault judge(const EngineSample& before, const EngineSample& after);
/// kNone if the report and all its news make sense.
[[nodiscard]] Fault judge(const GatewayReport& report, SteadyTime now);

}  // namespace penstock::scaling
