#pragma once
// Calls that come nearly in order, put in order: a heap that gives out what nothing later can
// precede any more. Knows times; must not know where the calls come from.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/trace/request.h"

namespace penstock::sim {

/// Holds only the calls between the watermark and the newest one. Equal times keep their order.
class Reorder {
 public:
  void push(TraceRequest request) {
    request.at = std::max(request.at, given_);  // later than the window allows: as soon as possible
    heap_.push_back({std::move(request), pushed_++});
    std::ranges::push_heap(heap_, after);
  }

  /// No call pushed from now on is earlier than this.
  void watermark(std::chrono::nanoseconds at) { watermark_ = std::max(watermark_, at); }
  void end() { watermark_ = std::chrono::nanoseconds::max(); }

  [[nodiscard]] bool has_next() const {
    return !heap_.empty() && heap_.front().request.at <= watermark_;
  }
  /// Precondition: has_next().
  [[nodiscard]] TraceRequest pop() {
    std::ranges::pop_heap(heap_, after);
    TraceRequest request = std::move(heap_.back().request);
    heap_.pop_back();
    given_ = request.at;
    return request;
  }

 private:
  struct Item {
    TraceRequest request;
    std::uint64_t serial = 0;
  };
  [[nodiscard]] static bool after(const Item& a, const Item& b) {
    return a.request.at != b.request.at ? a.request.at > b.request.at : a.serial > b.serial;
  }

  std::vector<Item> heap_;
  std::uint64_t pushed_ = 0;
  std::chrono::nanoseconds watermark_ = std::chrono::nanoseconds::min();
  std::chrono::nanoseconds given_ = std::chrono::nanoseconds::min();
};

}  // namespace penstock::sim
