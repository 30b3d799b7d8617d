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

}  // namespace penstock::scaling
