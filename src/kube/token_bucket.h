#pragma once
// A client-side rate: so many per second, so many at once. Pure: now is an argument.

#include <chrono>

#include "base/clock.h"

namespace penstock::kube {

/// Not thread-safe. Rate 0 means no limit.
class TokenBucket {
 public:
  TokenBucket(double per_second, int burst) : rate_(per_second), burst_(burst), tokens_(burst) {}

  /// Takes one token, on credit if need be, and says from when on it may be used (`now` when one
  /// was there). Callers that share a bucket get consecutive instants.
  [[nodiscard]] SteadyTime take(SteadyTime now) {
    if (rate_ <= 0) {
      return now;
    }
    if (now > last_) {
      const double passed =
          last_ == SteadyTime{} ? 0 : std::chrono::duration<double>(now - last_).count();
      tokens_ = std::min(static_cast<double>(burst_), tokens_ + passed * rate_);
      last_ = now;
    }
    tokens_ -= 1;
    if (tokens_ >= 0) {
      return now;
    }
    return now +
           std::chrono::ceil<SteadyTime::duration>(std::chrono::duration<double>(-tokens_ / rate_));
  }

 private:
  double rate_;
  int burst_;
  double tokens_;
  SteadyTime last_{};
};

}  // namespace penstock::kube
