#pragma once
// Waiting as an argument: blocking threads wait through this, so that a test can move time instead
// of passing it. Knows nothing of what is waited for. Event loops have timers of their own (net/).
//
//   std::unique_lock lock(mutex_);
//   waiter.wait_until(lock, changed_, deadline, stop, [&] { return !queue_.empty(); });

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>

#include "base/clock.h"

namespace penstock {

class Waiter : public Clock {
 public:
  /// SteadyTime that never comes: "until done or stopped".
  static constexpr SteadyTime kForever = SteadyTime::max();

  /// Blocks until `done()` (called with the lock held), the deadline, or a stop request. Returns
  /// done(). Spurious calls of done() happen.
  virtual bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed,
                          SteadyTime deadline, const std::stop_token& stop,
                          const std::function<bool()>& done) const = 0;

  /// Passes `duration`. False when stopped before its end.
  bool sleep(std::chrono::nanoseconds duration, const std::stop_token& stop) const;
};

/// The real one. Any thread.
[[nodiscard]] const Waiter& system_waiter();

}  // namespace penstock
