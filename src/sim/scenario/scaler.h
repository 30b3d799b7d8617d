#pragma once
// What an autoscaler may know of a simulated deployment, and what it decides. The border between
// the simulated cluster and every policy, Penstock's and the baselines: none of them sees more than
// its real counterpart could. Knows numbers that are scraped and reported; must not know engines,
// traces or the future.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"

namespace penstock::sim {

/// One pod as the cluster's API shows it.
struct PodLife {
  std::uint32_t pod = 0;  ///< its serial number, never reused
  SteadyTime created{};
  std::optional<SteadyTime> ready_since;  ///< nothing: still starting
  bool draining = false;
};

/// One ready pod's /metrics as last scraped. Counters grow from 0 at the pod's start.
struct PodSample {
  std::uint32_t pod = 0;
  SteadyTime at{};  ///< when these values were true
  std::uint32_t running = 0;
  std::uint32_t waiting = 0;
  double kv_usage = 0;  ///< 0 to 1
  std::uint64_t kv_capacity_tokens = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t computed_prefill_tokens = 0;
  std::uint64_t generation_tokens = 0;
  std::uint64_t prefix_queries = 0;
  std::uint64_t prefix_hits = 0;
  std::uint64_t preemptions = 0;
  std::uint64_t iterations = 0;
  std::chrono::nanoseconds busy{0};  ///< time spent in iterations: what GPU utilisation shows
};

/// What the gateway counts, as of its last report. Counters since the run began.
struct GatewaySample {
  SteadyTime at{};
  std::uint64_t calls = 0;           ///< arrived
  std::uint64_t prompt_tokens = 0;   ///< of the calls that arrived
  double prompt_tokens_squared = 0;  ///< sum of squares, of the calls that arrived
  std::uint64_t finished = 0;        ///< answered in full
  std::uint64_t output_tokens = 0;   ///< of the calls that were answered
  std::uint32_t in_flight = 0;       ///< sent to a pod and not finished
  std::uint32_t queued = 0;          ///< held back because no pod was ready
};

struct Observation {
  SteadyTime now{};
  std::uint32_t desired = 0;  ///< as decided last
  std::uint32_t starting = 0;
  std::uint32_t ready = 0;
  std::span<const PodLife> lives;   ///< every pod that is there
  std::span<const PodSample> pods;  ///< ready pods that were scraped; new ones are missing at first
  GatewaySample gateway;
};

/// How often pods are scraped and how late the values are there.
struct Sampling {
  std::chrono::nanoseconds interval = std::chrono::seconds(15);
  std::chrono::nanoseconds delay = std::chrono::seconds(1);  ///< at most the interval
};

class Scaler {
 public:
  virtual ~Scaler() = default;

  /// Called every second of virtual time; answers the replicas wanted (the cluster keeps its
  /// bounds).
  [[nodiscard]] virtual std::uint32_t desired(const Observation& seen) = 0;

  [[nodiscard]] virtual Sampling sampling() const { return {}; }

  /// Which ready pods go first when replicas fall, by serial number; empty: the youngest first, as
  /// a ReplicaSet without deletion costs.
  [[nodiscard]] virtual std::vector<std::uint32_t> first_to_go(const Observation& seen) {
    static_cast<void>(seen);
    return {};
  }
};

}  // namespace penstock::sim
