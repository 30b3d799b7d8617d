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

void ColdStarts::suggest(Seconds duration) {
  if (!(duration > Seconds(0)) || duration > kLongestColdStart) {
    return;
  }
  const auto seconds = static_cast<float>(duration.count());
  suggested_ = suggested_ > 0 ? std::min(suggested_, seconds) : seconds;
}

Seconds ColdStarts::quantile(double q) const {
  if (count_ == 0) {
    return suggested_ > 0 ? Seconds(static_cast<double>(suggested_)) : kPriorColdStart;
  }
  std::array<float, kColdStartsKept> sorted = kept_;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(q * static_cast<double>(count_))) - 1;
  const auto at = sorted.begin() + std::max<std::ptrdiff_t>(rank, 0);
  std::nth_element(sorted.begin(), at, end);
  return Seconds(static_cast<double>(*at));
}

}  // namespace penstock::scaling
