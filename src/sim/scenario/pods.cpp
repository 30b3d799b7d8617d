#include "sim/scenario/pods.h"

#include <algorithm>
#include <utility>

namespace penstock::sim {
namespace {

void add_counters(EngineCounters& sum, const EngineCounters& one) {
  sum.added += one.added;
  sum.finished += one.finished;
  sum.aborted += one.aborted;
  sum.preemptions += one.preemptions;
  sum.prompt_tokens += one.prompt_tokens;
  sum.generation_tokens += one.generation_tokens;
  sum.prefix_cache_queries += one.prefix_cache_queries;
  sum.prefix_cache_hits += one.prefix_cache_hits;
  sum.computed_prefill_tokens += one.computed_prefill_tokens;
  sum.recomputed_tokens += one.recomputed_tokens;
  sum.iterations += one.iterations;
  sum.busy += one.busy;
}

}  // namespace

Result<Pods> Pods::create(const EngineConfig& config, const PerfModel& perf,
                          std::uint32_t gateway_cores) {
  PENSTOCK_TRY(probe, Engine::create(config, perf));
  return Pods(config, perf, gateway_cores);
}

std::uint32_t Pods::add(SteadyTime now, PodPhase phase) {
  if (vacant_.empty()) {
    vacant_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = vacant_.back();
  vacant_.pop_back();
  auto engine = Engine::create(config_, perf_);  // the configuration was checked by create()
  slots_[slot] = std::make_unique<Pod>(Pod{.serial = serials_++,
                                           .phase = phase,
                                           .created = now,
                                           .ready_since = now,
                                           .engine = *std::move(engine),
                                           .endpoints = {}});
  slots_[slot]->endpoints.resize(gateway_cores_);
  if (phase == PodPhase::kReady) {
    ready_.push_back(slot);
  } else {
    ++starting_;
  }
  return slot;
}

bool Pods::take_away(std::uint32_t count, std::span<const std::uint32_t> first, SteadyTime now) {
  for (; count > 0 && starting_ > 0; --count) {
    take_youngest_starting(now);
  }
  const bool any_ready = count > 0 && !ready_.empty();
  for (const std::uint32_t serial : first) {
    const auto found = std::ranges::find_if(
        ready_, [&](std::uint32_t slot) { return slots_[slot]->serial == serial; });
    if (count > 0 && found != ready_.end()) {
      drain(static_cast<std::size_t>(found - ready_.begin()), now);
      --count;
    }
  }
  for (; count > 0 && !ready_.empty(); --count) {
    drain(ready_.size() - 1, now);
  }
  return any_ready;
}

void Pods::take_youngest_starting(SteadyTime now) {
  std::uint32_t youngest = 0;
  const Pod* found = nullptr;
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const Pod* pod = slots_[slot].get();
    if (pod != nullptr && pod->phase == PodPhase::kStarting &&
        (found == nullptr || pod->serial > found->serial)) {
      youngest = slot;
      found = pod;
    }
  }
  --starting_;
  remove(youngest, now);
}

void Pods::drain(std::size_t ready_index, SteadyTime now) {
  const std::uint32_t slot = ready_[ready_index];
  ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(ready_index));
  slots_[slot]->phase = PodPhase::kDraining;
  ++draining_;
  remove_if_drained(slot, now);
}

bool Pods::make_ready(std::uint32_t slot, std::uint32_t serial, SteadyTime now) {
  Pod* pod = slots_[slot].get();
  if (pod == nullptr || pod->serial != serial || pod->phase != PodPhase::kStarting) {
    return false;
  }
  pod->phase = PodPhase::kReady;
  pod->ready_since = now;
  --starting_;
  ready_.push_back(slot);
  return true;
}

void Pods::remove_if_drained(std::uint32_t slot, SteadyTime now) {
  const Pod& pod = *slots_[slot];
  if (pod.phase == PodPhase::kDraining && pod.engine.idle() && !pod.engine.busy()) {
    --draining_;
    remove(slot, now);
  }
}

void Pods::remove(std::uint32_t slot, SteadyTime now) {
  const Pod& pod = *slots_[slot];
  lives_.push_back({pod.created, now});
  add_counters(gone_, pod.engine.counters());
  slots_[slot].reset();
  vacant_.push_back(slot);
  ++removed_;
}

void Pods::list(std::vector<PodLife>& lives) const {
  lives.clear();
  for (const auto& pod : slots_) {
    if (pod) {
      lives.push_back({.pod = pod->serial,
                       .created = pod->created,
                       .ready_since = pod->phase == PodPhase::kStarting
                                          ? std::nullopt
                                          : std::optional(pod->ready_since),
                       .draining = pod->phase == PodPhase::kDraining});
    }
  }
}

void Pods::scrape(SteadyTime now, std::vector<PodSample>& samples) const {
  samples.clear();
  for (const std::uint32_t slot : ready_) {
    const Pod& pod = *slots_[slot];
    const EngineGauges gauges = pod.engine.gauges();
    const EngineCounters& counters = pod.engine.counters();
    const std::uint64_t block = config_.block_size;
    samples.push_back({.pod = pod.serial,
                       .at = now,
                       .running = gauges.running,
                       .waiting = gauges.waiting,
                       .kv_usage = gauges.kv_usage(),
                       .kv_capacity_tokens = gauges.kv_blocks_total * block,
                       .prompt_tokens = counters.prompt_tokens,
                       .computed_prefill_tokens = counters.computed_prefill_tokens,
                       .generation_tokens = counters.generation_tokens,
                       .prefix_queries = counters.prefix_cache_queries,
                       .prefix_hits = counters.prefix_cache_hits,
                       .preemptions = counters.preemptions,
                       .iterations = counters.iterations,
                       .busy = counters.busy});
  }
}

std::chrono::nanoseconds Pods::held(SteadyTime until) const {
  std::chrono::nanoseconds sum{0};
  for (const Life& life : lives_) {
    sum += std::max(std::min(life.to, until) - life.from, std::chrono::nanoseconds{0});
  }
  for (const auto& pod : slots_) {
    if (pod) {
      sum += std::max(until - pod->created, std::chrono::nanoseconds{0});
    }
  }
  return sum;
}

EngineCounters Pods::counters() const {
  EngineCounters sum = gone_;
  for (const auto& pod : slots_) {
    if (pod) {
      add_counters(sum, pod->engine.counters());
    }
  }
  return sum;
}

std::uint64_t Pods::blocks_in_use() const {
  std::uint64_t sum = 0;
  for (const auto& pod : slots_) {
    sum += pod ? pod->engine.gauges().kv_blocks_used : 0;
  }
  return sum;
}

}  // namespace penstock::sim
