#pragma once
// Knative's pod autoscaler (KPA) on concurrency, for comparison. Knows its formulas and defaults;
// must not know engines. Not used in production.
//
// Every 2 s: mean total concurrency over a stable (60 s) and a panic window (6 s), each ÷ target,
// rounded up, within ready ÷ 2 and ready × 1000. When the panic window alone wants twice the ready
// pods, panic begins: replicas only grow, until a whole stable window has passed without that.
// Source: knative/serving pkg/autoscaler/scaling/autoscaler.go.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "sim/scenario/scaler.h"

namespace penstock::sim {

struct KpaOptions {
  std::chrono::nanoseconds tick = std::chrono::seconds(2);
  std::chrono::nanoseconds stable_window = std::chrono::seconds(60);
  std::chrono::nanoseconds panic_window = std::chrono::seconds(6);
  double panic_threshold = 2;
  double utilisation = 0.7;  ///< of the target that is aimed at
  double up_rate = 1000;
  double down_rate = 2;
};

class Kpa final : public Scaler {
 public:
  /// `target` is concurrent calls per pod (container-concurrency-target-default).
  Kpa(double target, KpaOptions options = {}) : options_(options), target_(target) {}

  /// Holds the replicas until a whole stable window has been seen: a run begins in the middle of a
  /// deployment's life.
  [[nodiscard]] std::uint32_t desired(const Observation& seen) override;

  /// One decision from the two averages; `ready` pods serve.
  [[nodiscard]] std::uint32_t decide(SteadyTime now, double stable, double panic,
                                     std::uint32_t ready);
  [[nodiscard]] bool in_panic() const { return panic_since_.has_value(); }

 private:
  struct Second {
    SteadyTime at{};
    double concurrency = 0;
  };
  [[nodiscard]] double mean(SteadyTime from) const;

  KpaOptions options_;
  double target_;
  std::deque<Second> seconds_;
  std::optional<SteadyTime> panic_since_;  ///< when it was last triggered
  std::uint32_t most_in_panic_ = 0;
  SteadyTime next_tick_{};
  std::optional<SteadyTime> began_;
};

}  // namespace penstock::sim
