#pragma once
// The autoscaler's metrics: their names, and one place to count in from any thread. Series of a
// deployment live as long as it does. A scrape reads through show().

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scaling/decision.h"
#include "telemetry/registry.h"

namespace penstock::controller::autoscaler {

class Metrics {
 public:
  struct Gauges {
    std::string name_space;
    std::string name;
    std::int64_t desired = 0;
    std::int64_t ready = 0;
    std::int64_t starting = 0;
    std::optional<std::int64_t> recommended{};  ///< in a dry run
  };

  void tick(std::chrono::nanoseconds took, std::vector<Gauges> deployments);
  void decision(scaling::Reason reason);
  /// `from`: "engine" or "gateway".
  void fetched(std::string_view from, scaling::Fault fault);
  void clear();

  /// The counters; and the gauges as they are now, put into `now`.
  [[nodiscard]] const telemetry::Registry& counters() const noexcept { return registry_; }
  void show(telemetry::Registry& now) const;

 private:
  mutable std::mutex mutex_;  // cells have one writer: whoever holds this
  telemetry::Registry registry_;
  std::vector<Gauges> gauges_;
};

}  // namespace penstock::controller::autoscaler
