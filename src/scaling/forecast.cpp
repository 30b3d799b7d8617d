#include "scaling/forecast.h"

#include <algorithm>
#include <cmath>

namespace penstock::scaling {

void Forecast::add(SteadyTime now, double value) {
  if (seen_ <= 0) {
    last_ = now;
    level_ = value;
    trend_ = 0;
    seen_ = 1e-3;
    return;
  }
  const double dt = Seconds(now - last_).count();
  if (!(dt > 0)) {
    return;
  }
  last_ = now;
  if (dt > kForecastTrendMemory.count()) {  // too long ago to have a slope
    level_ = value;
    trend_ = 0;
    seen_ = 1e-3;
    return;
  }
  const double expected = level_ + trend_ * dt;
  const double before = level_;
  level_ = expected + (1 - std::exp(-dt / kForecastLevelMemory.count())) * (value - expected);
  const double slope = (level_ - before) / dt;
  trend_ += (1 - std::exp(-dt / kForecastTrendMemory.count())) * (slope - trend_);
  seen_ = std::min(seen_ + dt, kForecastTrendMemory.count());
}

double Forecast::growth(Seconds horizon) const {
  if (level_ <= 0 || trend_ <= 0) {
    return 1;
  }
  // A young trend is trusted by the share of its memory that has been seen.
  const double trust = seen_ / kForecastTrendMemory.count();
  const double ahead = std::min(horizon, kForecastHorizonMost).count();
  return std::clamp(1 + trust * trend_ * ahead / level_, 1.0, kForecastMost);
}

void GrowthWithinStart::add(SteadyTime now, double value, Seconds horizon) {
  const double dt = Seconds(now - last_tick_).count();
  if (count_ == 0 || dt > 2 * kGrowthStep.count()) {  // new, or not seen meanwhile
    count_ = 0;
    level_ = value;
  } else if (dt > 0) {
    level_ += (1 - std::exp(-dt / kForecastLevelMemory.count())) * (value - level_);
  }
  last_tick_ = now;
  if (count_ > 0 && now - last_kept_ < kGrowthStep) {
    return;
  }
  last_kept_ = now;
  const auto back =
      static_cast<std::uint64_t>(std::min(horizon, kForecastHorizonMost) / kGrowthStep);
  if (back > 0 && count_ >= back) {
    const double before = static_cast<double>(kept_[(count_ - back) % kKept]);
    if (before > 0 && level_ > 0) {
      // Rises alone would be half of what is seen, so they count twice.
      const double rise = std::max(std::log(level_ / before), 0.0);
      const double fresh = kGrowthStep / kGrowthMemory;
      variance_ += fresh * (2 * rise * rise - variance_);
      known_ += fresh * (1 - known_);
    }
  }
  kept_[count_ % kKept] = static_cast<float>(level_);
  ++count_;
}

double GrowthWithinStart::deviation() const {
  return std::sqrt(variance_ + (1 - known_) * kPriorGrowthDeviation * kPriorGrowthDeviation);
}

double GrowthWithinStart::room(Seconds horizon) const {
  // Loads wander: a deviation grows as the root of time.
  const double beyond =
      1 - std::sqrt(kForecastAbove / std::clamp(horizon, kForecastAbove, kForecastHorizonMost));
  return std::min(std::exp(kGrowthDeviations * deviation() * beyond), kForecastMost);
}

}  // namespace penstock::scaling
