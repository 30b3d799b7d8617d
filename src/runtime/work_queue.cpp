#include "runtime/work_queue.h"

namespace penstock::runtime {

WorkQueue::WorkQueue(const Waiter& waiter, RateLimits limits, std::uint64_t seed)
    : waiter_(waiter), limiter_(limits), random_(seed) {}

void WorkQueue::add(const Key& key) {
  const std::lock_guard lock(mutex_);
  ++adds_;
  core_.add(key, waiter_.now());
  changed_.notify_all();
}

void WorkQueue::add_after(const Key& key, std::chrono::nanoseconds wait) {
  const std::lock_guard lock(mutex_);
  ++adds_;
  core_.add_at(key, waiter_.now() + wait);
  changed_.notify_all();
}

void WorkQueue::add_failed(const Key& key, std::chrono::nanoseconds at_least) {
  const std::lock_guard lock(mutex_);
  ++retries_;
  const SteadyTime now = waiter_.now();
  core_.add_at(key, now + std::max(at_least, limiter_.after_failure(key, now, random_.unit())));
  changed_.notify_all();
}

void WorkQueue::forget(const Key& key) {
  const std::lock_guard lock(mutex_);
  limiter_.forget(key);
}

std::optional<QueueCore::Item> WorkQueue::take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested() && !shut_down_) {
    if (auto item = core_.take(waiter_.now())) {
      return item;
    }
    // The first delayed key may change while we wait: then the wait starts anew.
    const auto due = core_.next_due();
    waiter_.wait_until(lock, changed_, due.value_or(Waiter::kForever), stop,
                       [&] { return core_.depth() > 0 || shut_down_ || core_.next_due() != due; });
  }
  return std::nullopt;
}

void WorkQueue::done(const Key& key) {
  const std::lock_guard lock(mutex_);
  core_.done(key, waiter_.now());
  changed_.notify_all();
}

void WorkQueue::shut_down() {
  const std::lock_guard lock(mutex_);
  shut_down_ = true;
  core_.shut_down();
  changed_.notify_all();
}

int WorkQueue::failures(const Key& key) const {
  const std::lock_guard lock(mutex_);
  return limiter_.failures(key);
}

QueueNumbers WorkQueue::numbers() const {
  const std::lock_guard lock(mutex_);
  const auto oldest = core_.oldest_taken();
  return {core_.depth(),
          core_.delayed(),
          core_.processing(),
          adds_,
          retries_,
          oldest ? std::chrono::nanoseconds(waiter_.now() - *oldest) : std::chrono::nanoseconds(0)};
}

}  // namespace penstock::runtime
