#include "controller/autoscaler/metrics.h"

namespace penstock::controller::autoscaler {
namespace {

using telemetry::Family;
using telemetry::Kind;

constexpr std::string_view kByDeployment[] = {"namespace", "model_deployment"};
constexpr std::string_view kByReason[] = {"reason"};
constexpr std::string_view kByFault[] = {"from", "fault"};
constexpr double kSeconds[] = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};

constexpr Family kDesired{"penstock_autoscaler_desired_replicas",
                          "Engine replicas decided on.",
                          Kind::kGauge,
                          kByDeployment,
                          {}};
constexpr Family kReady{"penstock_autoscaler_ready_replicas",
                        "Engine replicas that take calls.",
                        Kind::kGauge,
                        kByDeployment,
                        {}};
constexpr Family kStarting{"penstock_autoscaler_starting_replicas",
                           "Engine replicas on their way up.",
                           Kind::kGauge,
                           kByDeployment,
                           {}};
constexpr Family kRecommendedReplicas{
    "penstock_autoscaler_recommended_replicas",
    "Engine replicas that the autoscaler would have decided on, of deployments with "
    "scaling.dryRun.",
    Kind::kGauge,
    kByDeployment,
    {}};
constexpr Family kDecisions{"penstock_autoscaler_decisions_total",
                            "Changes of the number of replicas, by their reason.",
                            Kind::kCounter,
                            kByReason,
                            {}};
constexpr Family kFetches{"penstock_autoscaler_fetches_total",
                          "Attempts to read engines' metrics and gateways' demand; fault \"none\" "
                          "when the answer could be used.",
                          Kind::kCounter,
                          kByFault,
                          {}};
constexpr Family kTick{"penstock_autoscaler_tick_seconds",
                       "Time to decide on all deployments once.",
                       Kind::kHistogram,
                       {},
                       kSeconds};

}  // namespace

void Metrics::tick(std::chrono::nanoseconds took, std::vector<Gauges> deployments) {
  const std::lock_guard lock(mutex_);
  registry_.histogram(kTick).observe(std::chrono::duration<double>(took).count());
  gauges_ = std::move(deployments);
}

void Metrics::decision(scaling::Reason reason) {
  const std::lock_guard lock(mutex_);
  registry_.cell(kDecisions, {name(reason)}).add();
}

void Metrics::fetched(std::string_view from, scaling::Fault fault) {
  const std::lock_guard lock(mutex_);
  registry_.cell(kFetches, {from, name(fault)}).add();
}

void Metrics::clear() {
  const std::lock_guard lock(mutex_);
  gauges_.clear();
}

void Metrics::show(telemetry::Registry& now) const {
  const std::lock_guard lock(mutex_);
  for (const auto& one : gauges_) {
    now.cell(kDesired, {one.name_space, one.name}).set(one.desired);
    now.cell(kReady, {one.name_space, one.name}).set(one.ready);
    now.cell(kStarting, {one.name_space, one.name}).set(one.starting);
    if (one.recommended) {
      now.cell(kRecommendedReplicas, {one.name_space, one.name}).set(*one.recommended);
    }
  }
}

}  // namespace penstock::controller::autoscaler
