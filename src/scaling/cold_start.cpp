#include "scaling/cold_start.h"

#include <algorithm>
#include <cmath>

namespace penstock::scaling {

void ColdStarts::add(Seconds duration) {
  if (!(duration > Seconds(0)) || duration > kLongestColdStart) {
    return;
  }
  kept_[next_] = static_cast<float>(duration.count());
  next_ = (next_ + 1) % kept_.size();
  count_ = std::min(count_ + 1, kept_.size());
}

Seconds ColdStarts::quantile(double q) const {
  if (count_ == 0) {
    return kPriorColdStart;
  }
  std::array<float, kColdStartsKept> sorted = kept_;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(q * static_cast<double>(count_))) - 1;
  const auto at = sorted.begin() + std::max<std::ptrdiff_t>(rank, 0);
  std::nth_element(sorted.begin(), at, end);
  return Seconds(static_cast<double>(*at));
}

}  // namespace penstock::scaling
