#pragma once
// The outcome of a tick: how many replicas, why, from which measurements, and what holds it back
// until when. Knows how to say it in one sentence; must not know how it was computed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "scaling/engine_time.h"
#include "scaling/signals.h"

namespace penstock::scaling {

/// Why the number is what it is. docs/scaling.md has a line for each.
enum class Reason : std::uint8_t {
  kSteady,              ///< the need fits what runs
  kDemandGrew,          ///< more work or more resident KV than the replicas carry
  kDemandExpected,      ///< forecast, as cold starts are slow
  kEnginesSaturated,    ///< engines queue or preempt although the model says that they fit
  kWoken,               ///< a call came while asleep
  kDemandFell,          ///< less, for the whole stabilisation window
  kIdle,                ///< no call for long: asleep (minReplicas is 0)
  kBelowMinimum,        ///< minReplicas was raised
  kAboveMaximum,        ///< maxReplicas was lowered
  kFixedReplicas,       ///< spec.replicas is set: that number, whatever the load
  kSignalsUnavailable,  ///< held, as the data cannot be used
};
[[nodiscard]] std::string_view name(Reason reason);  ///< "DemandGrew", as in conditions and events

/// What keeps the number from being the wanted one.
enum class Block : std::uint8_t {
  kNone,
  kMaxReplicas,
  kMinReplicas,
  kScaleUpLimit,
  kScaleDownLimit,
  kStabilization,  ///< wanted more within scaleDownStabilization
  kUnusableData,   ///< something that shrinking needs is not known
  kWarmingUp,      ///< not enough of the demand window has been seen
  kNotIdleLong,    ///< may sleep only after a time without calls
};
[[nodiscard]] std::string_view name(Block block);

/// The measurements behind a decision. Rates per second.
struct Readings {
  double calls = 0;
  double prompt_tokens = 0;
  double output_tokens = 0;
  double waiting_calls = 0;  ///< in gateways and engines
  double running_calls = 0;
  double cached_share = 0;
  double work = 0;           ///< engine seconds per second offered
  double allowed_share = 0;  ///< of a replica's time, by the objectives
  double need = 0;           ///< replicas, before rounding and limits
  double resident_kv_tokens = 0;
  double kv_tokens_per_replica = 0;
  double kv_usage = 0;              ///< mean of ready replicas
  double capacity_per_replica = 0;  ///< tokens/s within the objectives at this mix
  double confidence = 0;            ///< in that, 0 … 1
  double served_tokens = 0;         ///< tokens/s that engines were seen to process
  double ready = 0;
  double starting = 0;
  double cold_start_seconds = 0;
};

struct Decision {
  SteadyTime time{};
  std::int32_t from = 0;
  std::int32_t to = 0;      ///< what the workload should run; in a dry run what it would run
  std::int32_t wanted = 0;  ///< by the rule alone, before floors, ceilings, windows and limits
  Reason reason = Reason::kSteady;
  Rule rule = Rule::kNone;
  Block block = Block::kNone;
  std::optional<SteadyTime> blocked_until{};  ///< if time lifts the block
  Fault fault = Fault::kNone;                 ///< the worst that was met
  bool fault_at_gateway = false;              ///< else at an engine
  bool objectives_unreachable = false;
  Pending pending = Pending::kNone;  ///< the worst state of a pod that is not ready
  bool dry_run = false;
  bool changed_elsewhere = false;  ///< `from` is neither what was decided nor what was before
  Readings readings{};

  /// The number is another; in a dry run only the recommended one.
  [[nodiscard]] bool changes() const { return to != from; }
  [[nodiscard]] bool acts() const { return !dry_run && changes(); }
};

/// One sentence for events and status, without a trailing full stop. At most 256 characters.
[[nodiscard]] std::string explain(const Decision& decision);

/// True if the later one is news: it acts, or its reason, a reached maxReplicas, a fault or another
/// writer is new. Readings, and being steady after an action, are no news.
[[nodiscard]] bool is_news(const Decision& before, const Decision& after);

/// Calls f(name, value) for each reading: camelCase names, at most 32, in a fixed order.
template <class F>
void for_each_reading(const Readings& r, F&& f) {
  const std::pair<std::string_view, double> all[] = {
      {"calls", r.calls},
      {"promptTokens", r.prompt_tokens},
      {"outputTokens", r.output_tokens},
      {"waitingCalls", r.waiting_calls},
      {"runningCalls", r.running_calls},
      {"cachedShare", r.cached_share},
      {"work", r.work},
      {"allowedShare", r.allowed_share},
      {"need", r.need},
      {"residentKvTokens", r.resident_kv_tokens},
      {"kvTokensPerReplica", r.kv_tokens_per_replica},
      {"kvUsage", r.kv_usage},
      {"capacityPerReplica", r.capacity_per_replica},
      {"confidence", r.confidence},
      {"servedTokens", r.served_tokens},
      {"ready", r.ready},
      {"starting", r.starting},
      {"coldStartSeconds", r.cold_start_seconds},
  };
  for (const auto& [key, value] : all) {
    f(key, value);
  }
}

}  // namespace penstock::scaling
