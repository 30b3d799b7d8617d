#pragma once
// How long to wait after the n-th failure in a row. Pure: the draw is an argument.

#include <algorithm>
#include <chrono>

namespace penstock::kube {

struct BackoffPolicy {
  std::chrono::milliseconds first{800};
  double factor = 2.0;
  std::chrono::milliseconds cap{30'000};
  double jitter = 1.0;  ///< adds up to that share: [d, d·(1 + jitter))
};

/// Not thread-safe. Source of the default numbers: client-go tools/cache/reflector.go.
class Backoff {
 public:
  explicit Backoff(BackoffPolicy policy = {}) : policy_(policy), next_(policy.first) {}

  /// `draw` in [0, 1).
  [[nodiscard]] std::chrono::milliseconds after_failure(double draw) {
    const std::chrono::duration<double, std::milli> base = next_;
    next_ = std::min(policy_.cap,
                     std::chrono::duration_cast<std::chrono::milliseconds>(base * policy_.factor));
    return std::chrono::duration_cast<std::chrono::milliseconds>(base *
                                                                 (1.0 + policy_.jitter * draw));
  }
  void reset() { next_ = policy_.first; }

 private:
  BackoffPolicy policy_;
  std::chrono::milliseconds next_;
};

}  // namespace penstock::kube
