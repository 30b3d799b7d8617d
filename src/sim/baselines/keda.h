#pragma once
// KEDA: zero to one by itself, the rest through a HorizontalPodAutoscaler on the sum of an external
// metric. Knows its formulas and defaults; must not know engines. Not used in production.
//
// Activation is polled every 30 s: above the threshold the deployment leaves zero; after 300 s
// without activity it returns there, if its minimum is zero. In between HPA's AverageValue rule
// holds: sum ÷ target. Sources: kedacore/keda pkg/scaling/executor, field notes on autoscalers.

#include <chrono>
#include <cstdint>

#include "sim/baselines/hpa.h"

namespace penstock::sim {

struct KedaOptions {
  std::chrono::nanoseconds polling = std::chrono::seconds(30);
  std::chrono::nanoseconds cooldown = std::chrono::seconds(300);
  double activation = 0;  ///< active above this sum
  std::uint32_t min_replicas = 0;
  HpaBehaviour hpa;
};

class Keda final : public Scaler {
 public:
  /// The metric is the sum over pods of waiting calls, plus those that the gateway holds back.
  Keda(double target, KedaOptions options)
      : target_(target), options_(options), stabiliser_(options.hpa) {}

  [[nodiscard]] std::uint32_t desired(const Observation& seen) override;

 private:
  [[nodiscard]] std::uint32_t activate(const Observation& seen, double sum);

  double target_;
  KedaOptions options_;
  HpaStabiliser stabiliser_;
  SteadyTime next_poll_{};
  SteadyTime next_sync_{};
  SteadyTime last_active_{};
};

}  // namespace penstock::sim
