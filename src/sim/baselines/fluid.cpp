#include "sim/baselines/fluid.h"

#include <algorithm>
#include <cmath>

namespace penstock::sim {
namespace {

/// Adds `amount` evenly over [from, to) seconds to slots of `width` seconds.
void spread(std::vector<double>& slots, double width, double from, double to, double amount) {
  const double length = std::max(to - from, 1e-9);
  for (double at = from; at < to;) {
    const auto index = static_cast<std::size_t>(at / width);
    const double end = std::min(to, (static_cast<double>(index) + 1) * width);
    if (index >= slots.size()) {
      slots.resize(index + 1, 0.0);
    }
    slots[index] += amount * (end - at) / length / width;
    at = end > at ? end : to;
  }
}

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Result<FluidDemand> measure_fluid(TraceSource& trace, const Scenario& scenario,
                                  const PerfModel& perf, const FluidOptions& options) {
  FluidDemand demand{.slot = options.slot, .work = {}, .kv = {}};
  const double width = seconds(options.slot);
  const double capacity = scenario.engine.kv_capacity_tokens > 0
                              ? scenario.engine.kv_capacity_tokens
                              : perf.kv_capacity_tokens();
  const std::uint32_t batch = std::max(options.reference_batch, 1U);
  TraceRequest call;
  while (true) {
    PENSTOCK_TRY(more, trace.next(call));
    if (!more) {
      break;
    }
    const double at = seconds(call.at);
    const double prefill =
        seconds(perf.prefill_time(call.prompt_tokens, 0, scenario.engine.max_num_batched_tokens));
    const std::uint64_t context = call.prompt_tokens + call.output_tokens / 2;
    const double step = seconds(
        perf.iteration_time({.decode_sequences = batch, .decode_context_tokens = context * batch}));
    const double decode = step * call.output_tokens;
    const double end = at + prefill + decode;
    spread(demand.work, width, at, end, prefill + decode / batch);
    spread(demand.kv, width, at, end, (prefill + decode) * static_cast<double>(context) / capacity);
  }
  const std::size_t slots = std::max(demand.work.size(), demand.kv.size());
  demand.work.resize(slots, 0.0);
  demand.kv.resize(slots, 0.0);
  return demand;
}

FluidSchedule::FluidSchedule(const FluidDemand& demand, const Scenario& scenario, double share)
    : slot_(demand.slot), replicas_(demand.work.size()) {
  std::vector<std::uint32_t> needed(demand.work.size());
  for (std::size_t i = 0; i < needed.size(); ++i) {
    needed[i] =
        static_cast<std::uint32_t>(std::ceil(std::max(demand.work[i], demand.kv[i]) / share));
  }
  // What a slot orders is ready a cold start later; a pod that is needed again before a new one
  // could be there is kept.
  const auto lead =
      static_cast<std::size_t>(std::ceil(seconds(scenario.cold_start) / seconds(demand.slot)));
  for (std::size_t i = 0; i < needed.size(); ++i) {
    const std::size_t last = std::min(needed.size() - 1, i + lead + 1);
    replicas_[i] = *std::max_element(needed.begin() + static_cast<std::ptrdiff_t>(i),
                                     needed.begin() + static_cast<std::ptrdiff_t>(last) + 1);
  }
}

std::uint32_t FluidSchedule::desired(const Observation& seen) {
  const auto index = static_cast<std::size_t>((seen.now - SteadyTime{}) / slot_);
  if (replicas_.empty()) {
    return 0;
  }
  return replicas_[std::min(index, replicas_.size() - 1)];
}

}  // namespace penstock::sim
