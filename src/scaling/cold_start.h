#pragma once
// How long a new replica takes from creation to ready, learnt per deployment. Knows durations only.
// A handful of the last starts, so that a faster disk or a cached image shows after a few.

#include <array>
#include <cstddef>

#include "scaling/constants.h"

namespace penstock::scaling {

class ColdStarts {
 public:
  /// Durations outside (0, kLongestColdStart] are ignored: broken clocks, pods that sat unscheduled
  /// for hours.
  void add(Seconds duration);

  /// How long a pod took that was ready before anyone looked: believed until a start is seen. Its
  /// readiness may have come and gone meanwhile, so the shortest counts.
  void suggest(Seconds duration);

  [[nodiscard]] bool known() const { return count_ > 0 || suggested_ > 0; }
  [[nodiscard]] std::size_t measured() const { return count_; }
  [[nodiscard]] Seconds median() const { return quantile(0.5); }
  /// With few starts the slowest seen.
  [[nodiscard]] Seconds p90() const { return quantile(0.9); }

  template <class Visitor>
  void visit(Visitor& v) {
    v.integer(count_);
    count_ = count_ > kept_.size() ? 0 : count_;
    v.number(suggested_);
    v.integer(next_);
    next_ %= kept_.size();
    for (std::size_t i = 0; i < count_; ++i) {
      v.number(kept_[i]);
    }
  }

 private:
  [[nodiscard]] Seconds quantile(double q) const;
  std::array<float, kColdStartsKept> kept_{};
  float suggested_ = 0;  ///< seconds, 0: none
  std::size_t count_ = 0;
  std::size_t next_ = 0;
};

}  // namespace penstock::scaling
