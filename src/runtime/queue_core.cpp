#include "runtime/queue_core.h"

#include <algorithm>

namespace penstock::runtime {

void QueueCore::add(const Key& key, SteadyTime now) {
  if (shut_down_ || !dirty_.insert(key).second) {
    return;
  }
  if (!processing_.contains(key)) {
    queue_.push_back({key, now});
  }
}

void QueueCore::add_at(const Key& key, SteadyTime at) {
  if (shut_down_) {
    return;
  }
  const auto [entry, added] = due_.try_emplace(key, at);
  if (!added) {
    if (entry->second <= at) {
      return;
    }
    by_time_.erase({entry->second, key});
    entry->second = at;
  }
  by_time_.emplace(at, key);
}

void QueueCore::release_due(SteadyTime now) {
  while (!by_time_.empty() && by_time_.begin()->first <= now) {
    const Key key = by_time_.begin()->second;
    by_time_.erase(by_time_.begin());
    due_.erase(key);
    add(key, now);
  }
}

std::optional<QueueCore::Item> QueueCore::take(SteadyTime now) {
  release_due(now);
  if (queue_.empty()) {
    return std::nullopt;
  }
  Item item = std::move(queue_.front());
  queue_.pop_front();
  dirty_.erase(item.key);
  processing_.emplace(item.key, now);
  return item;
}

void QueueCore::done(const Key& key, SteadyTime now) {
  processing_.erase(key);
  if (dirty_.contains(key)) {
    queue_.push_back({key, now});
  }
}

std::optional<SteadyTime> QueueCore::next_due() const {
  return by_time_.empty() ? std::nullopt : std::optional(by_time_.begin()->first);
}

void QueueCore::shut_down() {
  shut_down_ = true;
  queue_.clear();
  dirty_.clear();
  due_.clear();
  by_time_.clear();
}

std::optional<SteadyTime> QueueCore::oldest_taken() const {
  std::optional<SteadyTime> oldest;
  for (const auto& [key, taken] : processing_) {
    oldest = oldest ? std::min(*oldest, taken) : taken;
  }
  return oldest;
}

}  // namespace penstock::runtime
