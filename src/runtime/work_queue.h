#pragma once
// queue_core.h for threads, with the rate limits of failing keys. Knows keys; knows nothing of what
// is done for them.
//
//   while (auto item = queue.take(stop)) { …; queue.done(item->key); }

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/random.h"
#include "base/wait.h"
#include "runtime/queue_core.h"
#include "runtime/rate_limiter.h"

namespace penstock::runtime {

struct QueueNumbers {
  std::size_t depth = 0;
  std::size_t delayed = 0;
  std::size_t processing = 0;
  std::uint64_t adds = 0;
  std::uint64_t retries = 0;
  std::chrono::nanoseconds longest_running{0};
};

/// Any thread.
class WorkQueue {
 public:
  using Key = kube::ObjectKey;

  WorkQueue(const Waiter& waiter, RateLimits limits, std::uint64_t seed);

  void add(const Key& key);
  void add_after(const Key& key, std::chrono::nanoseconds wait);
  /// After a failure: as late as the limits say, and not before `at_least`.
  void add_failed(const Key& key, std::chrono::nanoseconds at_least);
  /// After a success: the next failure is a first one again.
  void forget(const Key& key);

  /// Blocks for the next key. nullopt: stopped or shut down.
  [[nodiscard]] std::optional<QueueCore::Item> take(const std::stop_token& stop);
  /// Every key taken must be given back.
  void done(const Key& key);

  /// Drops what waits; take() returns nullopt from now on.
  void shut_down();

  [[nodiscard]] int failures(const Key& key) const;
  [[nodiscard]] QueueNumbers numbers() const;

 private:
  const Waiter& waiter_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  QueueCore core_;
  RateLimiter limiter_;
  Random random_;
  bool shut_down_ = false;
  std::uint64_t adds_ = 0;
  std::uint64_t retries_ = 0;
};

}  // namespace penstock::runtime
