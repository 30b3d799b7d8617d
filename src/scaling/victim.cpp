#include "scaling/victim.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "scaling/constants.h"

namespace penstock::scaling {
namespace {

// Bands far enough apart that a value within one never reaches the next.
constexpr std::int32_t kDraining = -4'000;
constexpr std::int32_t kHopeless = -3'000;
constexpr std::int32_t kNotScheduled = -2'000;
constexpr std::int32_t kStarting = -1'000;
constexpr std::int32_t kReady = 0;  ///< 0 … 990 by load
constexpr std::int32_t kUnknownLoad = 1'000;
constexpr double kLoadStep = 10;

std::int32_t starting_cost(const PodFacts& facts) {
  switch (facts.pending) {
    case Pending::kUnschedulable:
    case Pending::kCrashing:
      return kHopeless;
    case Pending::kScheduling:
    case Pending::kNodeProvisioning:
      return kNotScheduled;
    case Pending::kNone:
    case Pending::kPulling:
      return facts.scheduled ? kStarting : kNotScheduled;
  }
  return kStarting;
}

std::int32_t cost_of(const PodReport& pod, double most_running, SteadyTime now) {
  if (pod.facts.draining) {
    return kDraining;
  }
  if (!pod.facts.ready_since) {
    return starting_cost(pod.facts);
  }
  if (judge(pod.engine, now) != Fault::kNone) {
    return kUnknownLoad;
  }
  const double sequences = most_running > 0 ? pod.engine.running.value_or(0) / most_running : 0;
  const double load = std::max(sequences, pod.engine.kv_usage.value_or(0));
  return kReady + static_cast<std::int32_t>(std::floor(load * (kUnknownLoad - 10) / kLoadStep)) *
                      static_cast<std::int32_t>(kLoadStep);
}

}  // namespace

std::vector<DeletionCost> deletion_costs(std::span<const PodReport> pods, SteadyTime now) {
  double most_running = 0;
  for (const PodReport& pod : pods) {
    if (judge(pod.engine, now) == Fault::kNone) {
      most_running = std::max(most_running, pod.engine.running.value_or(0));
    }
  }
  struct Ranked {
    DeletionCost cost;
    SteadyTime created;
  };
  std::vector<Ranked> ranked;
  ranked.reserve(pods.size());
  for (const PodReport& pod : pods) {
    ranked.push_back({{pod.id, cost_of(pod, most_running, now)}, pod.facts.created});
  }
  std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
    // The youngest of equals first; the id makes the order total.
    return std::tuple(a.cost.cost, b.created, a.cost.pod) <
           std::tuple(b.cost.cost, a.created, b.cost.pod);
  });
  std::vector<DeletionCost> out;
  out.reserve(ranked.size());
  for (const Ranked& one : ranked) {
    out.push_back(one.cost);
  }
  return out;
}

}  // namespace penstock::scaling
