#pragma once
// What a metric is called and means: one constexpr value per metric family, declared in one file
// per module. Knows nothing of values.

#include <array>
#include <span>
#include <string_view>

namespace penstock::telemetry {

enum class Kind { kCounter, kGauge, kHistogram };

struct Family {
  std::string_view name;  ///< Prometheus form, with its unit and _total
  std::string_view help;
  Kind kind = Kind::kCounter;
  std::span<const std::string_view>
      labels;  ///< label names, in the order of the values given to the registry
  std::span<const double> bounds;  ///< histograms only
};

}  // namespace penstock::telemetry
