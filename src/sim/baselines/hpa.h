#pragma once
// Kubernetes' HorizontalPodAutoscaler v2 as its controller computes it, for comparison. Knows its
// formulas and default behaviour; must not know engines. Not used in production.
//
// Every sync (15 s): ratio = mean(metric) ÷ target over the ready pods; within the tolerance
// nothing changes; pods without metrics (still starting) count as 0 when growing and as exactly the
// target when shrinking, and must not turn the direction. Then the behaviour: at most +100 % or +4
// pods per 15 s, and downwards the largest recommendation of the last 300 s. Sources:
// kubernetes/pkg/controller/podautoscaler/{replica_calculator,horizontal}.go.

#include <chrono>
#include <cstdint>
#include <deque>
#include <span>

#include "sim/baselines/metric.h"
#include "sim/scenario/scaler.h"

namespace penstock::sim {

struct HpaBehaviour {
  std::chrono::nanoseconds sync = std::chrono::seconds(15);
  double tolerance = 0.1;
  std::chrono::nanoseconds down_stabilisation = std::chrono::seconds(300);
  std::chrono::nanoseconds up_period = std::chrono::seconds(15);
  std::uint32_t up_pods = 4;
  double up_factor = 2;  ///< +100 %
};

/// GetMetricReplicas (type Pods). `values` are of ready pods; `missing` pods have none.
[[nodiscard]] std::uint32_t hpa_from_pod_values(std::span<const double> values,
                                                std::uint32_t missing, std::uint32_t current,
                                                double target, double tolerance);

/// GetExternalPerPodMetricReplicas (type External, AverageValue).
[[nodiscard]] std::uint32_t hpa_from_sum(double sum, std::uint32_t current, double target_per_pod,
                                         double tolerance);

/// The behaviour part: limits and stabilisation of what the formulas want.
class HpaStabiliser {
 public:
  explicit HpaStabiliser(HpaBehaviour behaviour) : behaviour_(behaviour) {}

  [[nodiscard]] std::uint32_t apply(SteadyTime now, std::uint32_t current, std::uint32_t wanted);

 private:
  struct Change {
    SteadyTime at{};
    std::uint32_t pods = 0;
  };
  struct Recommendation {
    SteadyTime at{};
    std::uint32_t replicas = 0;
  };

  HpaBehaviour behaviour_;
  std::deque<Change> grown_;
  std::deque<Recommendation> recommended_;
};

class Hpa final : public Scaler {
 public:
  Hpa(PodMetric metric, double target, HpaBehaviour behaviour = {})
      : metric_(metric), target_(target), behaviour_(behaviour), stabiliser_(behaviour) {}

  [[nodiscard]] std::uint32_t desired(const Observation& seen) override;

 private:
  MetricReader metric_;
  double target_;
  HpaBehaviour behaviour_;
  HpaStabiliser stabiliser_;
  SteadyTime next_sync_{};
};

}  // namespace penstock::sim
