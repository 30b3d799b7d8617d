#pragma once
// How long a key waits before its next try. Pure: now and the draw are arguments.
//
// The larger of two: per key, doubling with every failure in a row; and one bucket for all keys, so
// that a thousand failing objects do not become a thousand requests at once. client-go caps a key
// at 1000 s; here it is 60 s: a healed object must not stay idle for a quarter of an hour.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <unordered_map>

#include "base/clock.h"
#include "kube/resource.h"
#include "kube/token_bucket.h"

namespace penstock::runtime {

struct RateLimits {
  std::chrono::milliseconds first{5};
  std::chrono::milliseconds longest{60'000};
  double jitter = 0.2;  ///< adds up to that share
  double per_second = 10;
  int burst = 100;
};

/// Not thread-safe.
class RateLimiter {
 public:
  explicit RateLimiter(RateLimits limits = {})
      : limits_(limits), bucket_(limits.per_second, limits.burst) {}

  /// After a failure of `key`. `draw` in [0, 1).
  [[nodiscard]] std::chrono::nanoseconds after_failure(const kube::ObjectKey& key, SteadyTime now,
                                                       double draw) {
    const int failures = failures_[key]++;
    const double base =
        std::min(static_cast<double>(limits_.longest.count()),
                 static_cast<double>(limits_.first.count()) * std::exp2(std::min(failures, 40)));
    const std::chrono::duration<double, std::milli> own(base * (1 + limits_.jitter * draw));
    return std::max(std::chrono::duration_cast<std::chrono::nanoseconds>(own),
                    std::chrono::nanoseconds(bucket_.take(now) - now));
  }

  void forget(const kube::ObjectKey& key) { failures_.erase(key); }

  [[nodiscard]] int failures(const kube::ObjectKey& key) const {
    const auto found = failures_.find(key);
    return found == failures_.end() ? 0 : found->second;
  }

 private:
  RateLimits limits_;
  kube::TokenBucket bucket_;
  std::unordered_map<kube::ObjectKey, int> failures_;
};

}  // namespace penstock::runtime
