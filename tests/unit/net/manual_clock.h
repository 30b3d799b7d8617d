#pragma once
// A clock that tests move by hand.

#include "base/clock.h"

namespace penstock::net {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return now_; }
  [[nodiscard]] WallTime wall_now() const override {
    return WallTime(std::chrono::duration_cast<WallTime::duration>(now_.time_since_epoch()));
  }
  void advance(SteadyTime::duration by) { now_ += by; }

 private:
  SteadyTime now_ = SteadyTime(std::chrono::hours(1000));
};

}  // namespace penstock::net
