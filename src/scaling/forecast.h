#pragma once
// One cold start ahead: level and trend of the load (Holt), and how much it has grown within one
// start before. Knows one series of numbers and its times; used only where cold starts are slow
// (constants.h says above which).

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "scaling/constants.h"

namespace penstock::scaling {

class Forecast {
 public:
  void add(SteadyTime now, double value);

  /// The factor by which the load is expected to have grown after `horizon`, between 1 and
  /// kForecastMost: a falling trend is not believed, shrinking waits for the fall itself.
  [[nodiscard]] double growth(Seconds horizon) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v.time(last_);
    v.number(level_);
    v.number(trend_);
    v.number(seen_);
  }

 private:
  SteadyTime last_{};
  double level_ = 0;
  double trend_ = 0;  ///< per second
  double seen_ = 0;   ///< seconds of history, up to the trend's memory
};

/// Loads that jump need room while replicas start, steady ones do not: how far this one jumps is
/// learnt from its own past.
class GrowthWithinStart {
 public:
  /// Every tick. `horizon`: one cold start; it may change.
  void add(SteadyTime now, double value, Seconds horizon);

  /// The factor, between 1 and kForecastMost, by which the load must be expected to grow while a
  /// replica starts, beyond what kForecastAbove allows for: 1 at that horizon.
  [[nodiscard]] double room(Seconds horizon) const;

  /// Of the logarithm of value ÷ value one horizon before, rises only.
  [[nodiscard]] double deviation() const;

  template <class Visitor>
  void visit_lasting(Visitor& v) {
    v.number(variance_);
    v.number(known_);
    variance_ = variance_ >= 0 ? variance_ : 0;  // damaged text, NaN too
    known_ = known_ >= 0 && known_ <= 1 ? known_ : 0;
  }
  template <class Visitor>
  void visit_recent(Visitor& v) {
    v.time(last_tick_);
    v.time(last_kept_);
    v.number(level_);
    v.integer(count_);
    for (float& value : kept_) {
      v.number(value);
    }
  }

 private:
  static constexpr std::size_t kKept =
      static_cast<std::size_t>(kForecastHorizonMost / kGrowthStep) + 1;

  double variance_ = 0;
  double known_ = 0;  ///< share of the variance that was measured; the rest is the prior's
  SteadyTime last_tick_{};
  SteadyTime last_kept_{};
  double level_ = 0;                 ///< the value, smoothed as the forecast's level is
  std::uint64_t count_ = 0;          ///< values kept so far without a gap
  std::array<float, kKept> kept_{};  ///< levels, kGrowthStep apart
};

}  // namespace penstock::scaling
