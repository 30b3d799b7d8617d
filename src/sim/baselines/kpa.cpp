#include "sim/baselines/kpa.h"

#include <algorithm>
#include <cmath>

namespace penstock::sim {

std::uint32_t Kpa::desired(const Observation& seen) {
  const double concurrency =
      static_cast<double>(seen.gateway.in_flight) + static_cast<double>(seen.gateway.queued);
  seconds_.push_back({seen.now, concurrency});
  while (seconds_.front().at <= seen.now - options_.stable_window) {
    seconds_.pop_front();
  }
  if (!began_) {
    began_ = seen.now;
  }
  if (seen.now < next_tick_ || seen.now - *began_ < options_.stable_window) {
    return seen.desired;
  }
  next_tick_ = seen.now + options_.tick;
  return decide(seen.now, mean(seen.now - options_.stable_window),
                mean(seen.now - options_.panic_window), seen.ready);
}

std::uint32_t Kpa::decide(SteadyTime now, double stable, double panic, std::uint32_t ready) {
  const double target = target_ * options_.utilisation;
  const double pods = std::max(ready, 1U);
  const double most = std::ceil(options_.up_rate * pods);
  const double least = std::floor(pods / options_.down_rate);
  const double stable_pods = std::ceil(stable / target);
  const double panic_pods = std::ceil(panic / target);
  const auto bounded = [&](double wanted) {
    return static_cast<std::uint32_t>(std::min(std::max(wanted, least), most));
  };
  if (panic_pods / pods >= options_.panic_threshold) {
    panic_since_ = now;
  } else if (panic_since_ && *panic_since_ + options_.stable_window < now) {
    panic_since_.reset();
    most_in_panic_ = 0;
  }
  const std::uint32_t wanted = bounded(stable_pods);
  if (!panic_since_) {
    return wanted;
  }
  most_in_panic_ = std::max({most_in_panic_, wanted, bounded(panic_pods), ready});
  return most_in_panic_;
}

double Kpa::mean(SteadyTime from) const {
  double sum = 0;
  std::size_t count = 0;
  for (auto second = seconds_.rbegin(); second != seconds_.rend() && second->at > from; ++second) {
    sum += second->concurrency;
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace penstock::sim
