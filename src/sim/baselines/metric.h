#pragma once
// The one number per pod that a generic autoscaler looks at. Knows scraped samples; must not know
// targets or rules.

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/scenario/scaler.h"

namespace penstock::sim {

enum class PodMetric : std::uint8_t {
  kQueue,        ///< waiting calls
  kConcurrency,  ///< running and waiting calls
  kKvUsage,      ///< 0 to 1
  kBusy,         ///< share of the time spent computing since the sample before: "GPU utilisation"
};

/// Reads one metric from samples; busy needs two samples of a pod.
class MetricReader {
 public:
  explicit MetricReader(PodMetric metric) : metric_(metric) {}

  /// The values of the pods that have one.
  [[nodiscard]] const std::vector<double>& read(std::span<const PodSample> pods);

 private:
  struct Busy {
    SteadyTime at{};
    std::chrono::nanoseconds busy{0};
    double share = 0;
    bool known = false;
  };
  [[nodiscard]] std::optional<double> busy_share(const PodSample& pod);

  PodMetric metric_;
  std::vector<double> values_;
  std::unordered_map<std::uint32_t, Busy> before_;  ///< by pod
};

}  // namespace penstock::sim
