#include "sim/baselines/hpa.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace penstock::sim {
namespace {

std::uint32_t ceiling(double value) {
  // The controller computes in float64 as well; the tiny allowance keeps 0.3 / 0.1 from being 4.
  return static_cast<std::uint32_t>(std::max(0.0, std::ceil(value - 1e-9)));
}

bool within(double ratio, double tolerance) {
  return std::abs(1 - ratio) <= tolerance;
}

}  // namespace

std::uint32_t hpa_from_pod_values(std::span<const double> values, std::uint32_t missing,
                                  std::uint32_t current, double target, double tolerance) {
  if (values.empty()) {
    return current;  // no metrics: the controller does nothing
  }
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  const auto count = static_cast<double>(values.size());
  const double ratio = sum / count / target;
  if (missing == 0) {
    return within(ratio, tolerance) ? current : ceiling(ratio * count);
  }
  const double assumed = ratio < 1 ? target : 0;
  const double all = count + missing;
  const double again = (sum + assumed * missing) / all / target;
  if (within(again, tolerance) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1)) {
    return current;
  }
  const std::uint32_t wanted = ceiling(again * all);
  if ((again < 1 && wanted > current) || (again > 1 && wanted < current)) {
    return current;
  }
  return wanted;
}

std::uint32_t hpa_from_sum(double sum, std::uint32_t current, double target_per_pod,
                           double tolerance) {
  const double ratio = sum / (target_per_pod * current);
  return within(ratio, tolerance) ? current : ceiling(sum / target_per_pod);
}

std::uint32_t HpaStabiliser::apply(SteadyTime now, std::uint32_t current, std::uint32_t wanted) {
  if (recommended_.empty()) {
    recommended_.push_back({now, current});  // as the controller does when it meets a workload
  }
  recommended_.push_back({now, wanted});
  while (recommended_.front().at <= now - behaviour_.down_stabilisation) {
    recommended_.pop_front();
  }
  while (!grown_.empty() && grown_.front().at <= now - behaviour_.up_period) {
    grown_.pop_front();
  }
  if (wanted > current) {
    const std::uint32_t added =
        std::accumulate(grown_.begin(), grown_.end(), 0U,
                        [](std::uint32_t sum, const Change& change) { return sum + change.pods; });
    const std::uint32_t start = current - std::min(current, added);
    const std::uint32_t limit =
        std::max(start + behaviour_.up_pods, ceiling(start * behaviour_.up_factor));
    const std::uint32_t next = std::max(current, std::min(wanted, limit));
    if (next > current) {
      grown_.push_back({now, next - current});
    }
    return next;
  }
  std::uint32_t highest = 0;
  for (const Recommendation& recommendation : recommended_) {
    highest = std::max(highest, recommendation.replicas);
  }
  return std::min(current, highest);
}

std::uint32_t Hpa::desired(const Observation& seen) {
  if (seen.now < next_sync_) {
    return seen.desired;
  }
  next_sync_ = seen.now + behaviour_.sync;
  const std::vector<double>& values = metric_.read(seen.pods);
  const std::uint32_t pods = seen.ready + seen.starting;
  const std::uint32_t missing = pods - std::min(pods, static_cast<std::uint32_t>(values.size()));
  const std::uint32_t wanted =
      hpa_from_pod_values(values, missing, seen.desired, target_, behaviour_.tolerance);
  return stabiliser_.apply(seen.now, seen.desired, wanted);
}

}  // namespace penstock::sim
