#pragma once
// Time that a test moves. Two ways: by itself (every wait ends at its deadline at once: for code of
// one thread), or by advance() (for code with threads of its own).

#include <atomic>
#include <mutex>
#include <vector>

#include "base/wait.h"

namespace penstock::test {

class FakeWaiter final : public Waiter {
 public:
  enum class Mode { kByItself, kByHand };
  explicit FakeWaiter(Mode mode = Mode::kByItself) : mode_(mode) {}

  [[nodiscard]] SteadyTime now() const override;
  [[nodiscard]] WallTime wall_now() const override;
  bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed,
                  SteadyTime deadline, const std::stop_token& stop,
                  const std::function<bool()>& done) const override;

  void advance(std::chrono::nanoseconds by);
  /// Wall time only: somebody set the machine's clock.
  void jump_wall(std::chrono::nanoseconds by);
  /// How long each wait was to last, in order (kByItself).
  [[nodiscard]] std::vector<std::chrono::nanoseconds> waits() const;
  /// Blocks until `count` threads wait for a time or for news (kByHand).
  void settle(int count) const;

 private:
  const Mode mode_;
  mutable std::mutex mutex_;
  mutable std::chrono::nanoseconds passed_{std::chrono::hours(1)};
  std::chrono::nanoseconds wall_jump_{0};
  mutable std::vector<std::chrono::nanoseconds> waits_;
  mutable std::atomic<int> waiting_{0};
};

}  // namespace penstock::test
