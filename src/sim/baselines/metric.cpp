#include "sim/baselines/metric.h"

#include <algorithm>

namespace penstock::sim {

const std::vector<double>& MetricReader::read(std::span<const PodSample> pods) {
  values_.clear();
  for (const PodSample& pod : pods) {
    switch (metric_) {
      case PodMetric::kQueue:
        values_.push_back(pod.waiting);
        break;
      case PodMetric::kConcurrency:
        values_.push_back(pod.running + pod.waiting);
        break;
      case PodMetric::kKvUsage:
        values_.push_back(pod.kv_usage);
        break;
      case PodMetric::kBusy:
        if (const auto share = busy_share(pod)) {
          values_.push_back(*share);
        }
        break;
    }
  }
  if (metric_ == PodMetric::kBusy) {
    std::erase_if(before_, [&](const auto& entry) {
      return std::ranges::none_of(pods,
                                  [&](const PodSample& pod) { return pod.pod == entry.first; });
    });
  }
  return values_;
}

std::optional<double> MetricReader::busy_share(const PodSample& pod) {
  Busy& before = before_[pod.pod];
  if (before.at == SteadyTime{}) {
    before.at = pod.at;
    before.busy = pod.busy;
  } else if (pod.at > before.at) {
    before.share = std::chrono::duration<double>(pod.busy - before.busy) / (pod.at - before.at);
    before.known = true;
    before.at = pod.at;
    before.busy = pod.busy;
  }
  return before.known ? std::optional(before.share) : std::nullopt;
}

}  // namespace penstock::sim
