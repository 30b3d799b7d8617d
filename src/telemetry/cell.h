#pragma once
// Counters that one core writes and any thread may read. No lock, no read-modify-write instruction,
// no allocation.
//
// Knows nothing of names or labels (registry.h does). Single writer: each core has its own cells,
// and a scrape adds them up.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <span>

namespace penstock::telemetry {

/// A counter, or a gauge when it also goes down.
class Cell {
 public:
  void add(std::int64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(std::int64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// A histogram over given upper bounds (at most kMostBuckets, ascending, +Inf implied). Values are
/// non-negative.
class Histogram {
 public:
  static constexpr std::size_t kMostBuckets = 24;

  explicit Histogram(std::span<const double> bounds) noexcept : bounds_(bounds) {}

  void observe(double value) noexcept {
    const auto bucket = static_cast<std::size_t>(
        std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin());
    counts_[bucket].add();
    sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }

  [[nodiscard]] std::span<const double> bounds() const noexcept { return bounds_; }
  /// Not cumulative; index bounds().size() is +Inf.
  [[nodiscard]] std::int64_t count_in(std::size_t bucket) const noexcept {
    return counts_[bucket].value();
  }
  [[nodiscard]] double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

 private:
  std::span<const double> bounds_;
  std::array<Cell, kMostBuckets + 1> counts_;
  std::atomic<double> sum_{0};
};

}  // namespace penstock::telemetry
