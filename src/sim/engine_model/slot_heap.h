#pragma once
// A min-heap of slots that can also drop any slot it holds. Knows keys and small integers; nothing
// else.
//
//   SlotHeap<QueueKey> waiting;  waiting.push(slot, key);  waiting.erase(aborted);  waiting.top();
//
// push, pop, erase: O(log n). Slots are dense small integers; memory grows to the largest one seen.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace penstock::sim {

template <class Key>
class SlotHeap {
 public:
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  [[nodiscard]] std::uint32_t top() const { return heap_.front().slot; }
  [[nodiscard]] const Key& top_key() const { return heap_.front().key; }
  [[nodiscard]] bool contains(std::uint32_t slot) const {
    return slot < place_.size() && place_[slot] != kAbsent;
  }

  void push(std::uint32_t slot, const Key& key) {
    if (slot >= place_.size()) {
      place_.resize(slot + 1U, kAbsent);
    }
    heap_.push_back({key, slot});
    rise(heap_.size() - 1);
  }

  void pop() { erase(heap_.front().slot); }

  /// Precondition: contains(slot).
  void erase(std::uint32_t slot) {
    const std::size_t at = place_[slot];
    place_[slot] = kAbsent;
    const Item last = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) {
      return;
    }
    heap_[at] = last;
    place_[last.slot] = static_cast<std::uint32_t>(at);
    sink(at);
    rise(place_[last.slot]);
  }

 private:
  static constexpr std::uint32_t kAbsent = ~std::uint32_t{0};
  struct Item {
    Key key;
    std::uint32_t slot;
  };

  void put(std::size_t at, const Item& item) {
    heap_[at] = item;
    place_[item.slot] = static_cast<std::uint32_t>(at);
  }

  void rise(std::size_t at) {
    const Item item = heap_[at];
    while (at > 0 && item.key < heap_[(at - 1) / 2].key) {
      put(at, heap_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
    put(at, item);
  }

  void sink(std::size_t at) {
    const Item item = heap_[at];
    for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && heap_[child + 1].key < heap_[child].key) {
        ++child;
      }
      if (!(heap_[child].key < item.key)) {
        break;
      }
      put(at, heap_[child]);
      at = child;
    }
    put(at, item);
  }

  std::vector<Item> heap_;
  std::vector<std::uint32_t> place_;
};

}  // namespace penstock::sim
