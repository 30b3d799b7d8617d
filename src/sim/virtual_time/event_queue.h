#pragma once
// Virtual time: what happens next, in an order that never depends on memory addresses or hashing.
// Knows times and payloads; must not know engines or requests.
//
//   EventQueue<Arrival> queue;  queue.push(t, arrival);  while (!queue.empty()) { auto [when, what]
//   = queue.pop(); … }

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace penstock::sim {

/// Earliest first; at equal times first pushed, first popped. One thread.
template <class Payload>
class EventQueue {
 public:
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  /// Precondition: !empty().
  [[nodiscard]] SteadyTime next_time() const { return heap_.front().when; }

  void push(SteadyTime when, Payload payload) {
    heap_.push_back({when, pushed_++, std::move(payload)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  /// Precondition: !empty().
  [[nodiscard]] std::pair<SteadyTime, Payload> pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Item item = std::move(heap_.back());
    heap_.pop_back();
    return {item.when, std::move(item.payload)};
  }

 private:
  struct Item {
    SteadyTime when;
    std::uint64_t serial;
    Payload payload;
  };
  [[nodiscard]] static bool later(const Item& a, const Item& b) {
    return a.when != b.when ? a.when > b.when : a.serial > b.serial;
  }

  std::vector<Item> heap_;
  std::uint64_t pushed_ = 0;
};

}  // namespace penstock::sim
