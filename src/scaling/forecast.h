#pragma once
// Level and trend of the offered load (Holt), to look one cold start ahead. Knows one series of
// numbers and its times; used only where cold starts are slow (constants.h says above which).

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

}  // namespace penstock::scaling
