#pragma once
// Learns the coefficients of the engine-time model from engines' own counters. Knows one interval
// of one pod at a time; must not know replicas, gateways or objectives.
//
//   CapacityLearner learner(prior);
//   learner.learn({.seconds = 5, .prefilled = 20'000, .generated = 9'000, .running = 40});
//   learner.times();        // used by replicas_for
//   learner.confidence();   // 0: the prior, 1: measured
//
// A loaded engine is busy all the time, so its interval is one equation:
//   1 = iteration × iterations/s + prefill × prefilled/s + decode × generated/s.
// Bounded recursive least squares on the ratios to the prior: errors clipped, coefficients kept
// within kMostDrift of the prior, old intervals forgotten. Idle intervals teach nothing: generated
// tokens per second follow demand there, not capacity. One thread; no allocation.

#include <array>

#include "scaling/engine_time.h"

namespace penstock::scaling {

/// What one engine did between two good scrapes.
struct EngineInterval {
  double seconds = 0;
  double prefilled = 0;      ///< prompt tokens computed, cached ones excluded
  double generated = 0;      ///< tokens
  double iterations = 0;     ///< engine steps; 0 = not exported, derived from `running`
  double running = 0;        ///< mean of both ends
  double least_running = 0;  ///< of both ends
};

class CapacityLearner {
 public:
  CapacityLearner() = default;
  explicit CapacityLearner(const CapacityPrior& prior) { set_prior(prior); }

  /// Starts over from a new prior; nothing happens if its times are those in use. Times of 0 are
  /// replaced by those of a mid-sized model.
  void set_prior(const CapacityPrior& given);

  void learn(const EngineInterval& interval);

  [[nodiscard]] const CapacityPrior& prior() const { return prior_; }
  [[nodiscard]] EngineTimes times() const;
  /// How much of the prior's doubt is gone in the direction of the work seen: 0 … 1.
  [[nodiscard]] double confidence() const;
  [[nodiscard]] double intervals() const { return intervals_; }
  /// Share of an engine's time that the interval's work takes by the present coefficients.
  [[nodiscard]] double predicted_share(const EngineInterval& interval) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v.number(prior_.times.prefill);
    v.number(prior_.times.decode);
    v.number(prior_.times.iteration);
    v.number(prior_.limits.kv_tokens);
    v.number(prior_.limits.sequences);
    v.number(prior_.limits.batched_tokens);
    for (double& x : ratio_) {
      v.number(x);
    }
    for (double& x : covariance_) {
      v.number(x);
    }
    for (double& x : direction_) {
      v.number(x);
    }
    v.number(intervals_);
  }

 private:
  using Vector = std::array<double, 3>;
  [[nodiscard]] Vector regressors(const EngineInterval& interval) const;
  [[nodiscard]] Vector covariance_times(const Vector& x) const;
  void update(const Vector& x, double error);

  CapacityPrior prior_;
  Vector ratio_{1, 1, 1};               ///< learnt ÷ prior: iteration, prefill, decode
  std::array<double, 9> covariance_{};  ///< of ratio_, row by row
  Vector direction_{};                  ///< smoothed regressors: the mix of work seen
  double intervals_ = 0;
};

}  // namespace penstock::scaling
