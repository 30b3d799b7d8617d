#pragma once
// What is simulated: engines, cold start, bounds, service level. Plain values with their checks;
// knows no policy and no trace.

#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "routing/plan.h"
#include "sim/engine_model/engine_types.h"
#include "sim/engine_model/perf_model.h"

namespace penstock::sim {

/// When a call was served well: the first token within base + prefill_factor × the time its whole
/// prompt takes alone on an idle engine, and each following token within tpot on average.
struct ServiceLevel {
  std::chrono::nanoseconds ttft = std::chrono::seconds(1);
  double prefill_factor = 2;
  std::chrono::nanoseconds tpot = std::chrono::milliseconds(100);
};

struct Scenario {
  EngineConfig engine{.token_events = false};
  std::chrono::nanoseconds cold_start = std::chrono::seconds(180);
  std::uint32_t min_replicas = 1;
  std::uint32_t max_replicas = 64;
  std::uint32_t initial_replicas = 0;  ///< ready when the run begins; 0: min_replicas
  ServiceLevel level;
  /// HTTP, tokenisation and relaying before the engine's scheduler sees a call: added to every
  /// TTFT.
  std::chrono::nanoseconds overhead = std::chrono::milliseconds(100);
  /// How long the gateway holds a call back while no pod is ready.
  std::chrono::nanoseconds queue_timeout = std::chrono::minutes(10);
  bool spill = false;  ///< a call held too long goes to another backend instead of being refused
  /// Calls carry max_tokens, their answer's length, which the gateway counts as their work.
  bool bounded = false;
  routing::Algorithm algorithm = routing::Algorithm::kLeastLoad;
  /// Cores of all gateways together. Each knows of the pods only what its own calls tell; a call
  /// comes to any of them.
  std::uint32_t gateway_cores = 1;
  std::chrono::nanoseconds bucket = std::chrono::minutes(5);  ///< of the timeline
  std::uint64_t seed = 1;
};

/// kInvalid names the flag, the value and the remedy.
[[nodiscard]] Result<> check(const Scenario& scenario);

}  // namespace penstock::sim
