#pragma once
// A schedule made with the whole load in hand, as a reference: what a policy with perfect foresight
// of the load (not of the engine's queues) would order. Knows the load and the time model; no
// policy may use it in production.
//
// Each call is a fluid: its prompt is work at its arrival; its answer is work and resident KV
// spread over the time the answer takes at a reference batch. Per minute, replicas = max(work, KV)
// ÷ share, ordered so early that they are ready in time. A fluid plan is no optimum: it knows
// nothing of bursts within a minute.

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "sim/scenario/scaler.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/request.h"

namespace penstock::sim {

struct FluidOptions {
  double share = 0.7;                  ///< of a pod's capacity that is planned
  std::uint32_t reference_batch = 48;  ///< sequences that decode together
  std::chrono::nanoseconds slot = std::chrono::minutes(1);
};

/// Pods' worth of compute and of KV that a load asks for, per slot.
struct FluidDemand {
  std::chrono::nanoseconds slot{0};
  std::vector<double> work;
  std::vector<double> kv;
};

[[nodiscard]] Result<FluidDemand> measure_fluid(TraceSource& trace, const Scenario& scenario,
                                                const PerfModel& perf, const FluidOptions& options);

class FluidSchedule final : public Scaler {
 public:
  FluidSchedule(const FluidDemand& demand, const Scenario& scenario, double share);

  [[nodiscard]] std::uint32_t desired(const Observation& seen) override;

 private:
  std::chrono::nanoseconds slot_;
  std::vector<std::uint32_t> replicas_;  ///< to be ordered in each slot
};

}  // namespace penstock::sim
