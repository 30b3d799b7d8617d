#pragma once
// Time as an argument. Pure code takes `now`; shells take a Clock. Nothing else in the tree reads a
// clock.
//
// Use SteadyTime for waiting, timeouts and rates (never jumps); WallTime only for what a person or
// a contract reads: log stamps, billing windows, certificate dates.

#include <chrono>

namespace penstock {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual SteadyTime now() const = 0;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
};

/// The real one. Any thread.
[[nodiscard]] const Clock& system_clock();

/// Like system_clock(), but its steady time goes on while the machine sleeps or is paused
/// (CLOCK_BOOTTIME): for what must not outlive a pause, such as leadership. Its instants must not
/// be compared with those of another clock.
[[nodiscard]] const Clock& boot_clock();

}  // namespace penstock
