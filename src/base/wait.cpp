#include "base/wait.h"

namespace penstock {
namespace {

class SystemWaiter final : public Waiter {
 public:
  [[nodiscard]] SteadyTime now() const override { return system_clock().now(); }
  [[nodiscard]] WallTime wall_now() const override { return system_clock().wall_now(); }

  bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed,
                  SteadyTime deadline, const std::stop_token& stop,
                  const std::function<bool()>& done) const override {
    if (deadline == kForever) {
      return changed.wait(lock, stop, done);
    }
    return changed.wait_until(lock, stop, deadline, done);
  }
};

}  // namespace

bool Waiter::sleep(std::chrono::nanoseconds duration, const std::stop_token& stop) const {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  wait_until(lock, never, now() + duration, stop, [] { return false; });
  return !stop.stop_requested();
}

const Waiter& system_waiter() {
  static const SystemWaiter waiter;
  return waiter;
}

}  // namespace penstock
