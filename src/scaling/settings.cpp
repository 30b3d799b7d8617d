#include "scaling/settings.h"

#include <algorithm>

#include "scaling/constants.h"

namespace penstock::scaling {
namespace {

double seconds_of(std::chrono::nanoseconds time) {
  return Seconds(time).count();
}

}  // namespace

bool operator==(const Settings& a, const Settings& b) {
  return a.min_replicas == b.min_replicas && a.max_replicas == b.max_replicas &&
         a.fixed_tokens_per_second == b.fixed_tokens_per_second && a.objectives == b.objectives &&
         a.scale_up_limit == b.scale_up_limit && a.scale_down_limit == b.scale_down_limit &&
         a.stabilization == b.stabilization && a.sleep_after == b.sleep_after &&
         a.engine_metrics == b.engine_metrics && a.dry_run == b.dry_run &&
         a.prior.times == b.prior.times && a.prior.limits == b.prior.limits;
}

Settings settings_from(const crd::model_deployment::Scaling& scaling, const CapacityPrior& prior) {
  Settings out;
  out.prior = prior;
  out.min_replicas = std::max(scaling.min_replicas, 0);
  out.max_replicas = std::max({scaling.max_replicas, out.min_replicas, 1});
  out.dry_run = scaling.dry_run;
  const auto target = scaling.target.value_or(crd::model_deployment::Target{});
  out.fixed_tokens_per_second =
      static_cast<double>(std::max<std::int64_t>(target.tokens_per_second_per_replica, 0));
  const auto slo = scaling.slo.value_or(crd::model_deployment::Slo{});
  out.objectives = {
      .first_token_seconds = slo.time_to_first_token ? seconds_of(*slo.time_to_first_token)
                                                     : kDefaultFirstTokenSeconds,
      .token_seconds =
          slo.time_per_output_token ? seconds_of(*slo.time_per_output_token) : kDefaultTokenSeconds,
      .attainment = std::clamp(slo.attainment_percent, 1, 100) / 100.0,
      .target_share = std::clamp(target.utilization_percent, 10, 100) / 100.0};
  const auto behavior = scaling.behavior.value_or(crd::model_deployment::Behavior{});
  out.scale_up_limit = std::max(behavior.scale_up_limit, 1);
  out.scale_down_limit = std::max(behavior.scale_down_limit, 1);
  out.stabilization = std::max(behavior.scale_down_stabilization, std::chrono::nanoseconds(0));
  out.sleep_after = std::max<std::chrono::nanoseconds>(kIdleBeforeSleep, out.stabilization);
  return out;
}

}  // namespace penstock::scaling
