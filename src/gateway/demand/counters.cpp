#include "gateway/demand/counters.h"

#include <tuple>

namespace penstock::gateway::demand {
namespace {

using telemetry::Family;
using telemetry::Kind;

constexpr std::string_view kByDeployment[] = {"deployment"};
constexpr std::string_view kByType[] = {"deployment", "type"};
constexpr std::string_view kByReason[] = {"deployment", "reason"};

constexpr Family kCalls{"penstock_gateway_demand_calls_total",
                        "Calls whose route would have liked to use this deployment, whatever "
                        "became of them.",
                        Kind::kCounter,
                        kByDeployment,
                        {}};
constexpr Family kTokens{
    "penstock_gateway_demand_tokens_total",
    "Tokens of these calls; input is estimated on arrival and corrected later.",
    Kind::kCounter,
    kByType,
    {}};
constexpr Family kSpilledCalls{"penstock_gateway_demand_spilled_calls_total",
                               "Of these calls, those that another deployment answered.",
                               Kind::kCounter,
                               kByDeployment,
                               {}};
constexpr Family kSpilledTokens{"penstock_gateway_demand_spilled_tokens_total",
                                "Input and output tokens of the spilled calls.",
                                Kind::kCounter,
                                kByDeployment,
                                {}};
constexpr Family kAbsorbedCalls{"penstock_gateway_demand_absorbed_calls_total",
                                "Calls that this deployment answered for another one.",
                                Kind::kCounter,
                                kByDeployment,
                                {}};
constexpr Family kAbsorbedTokens{"penstock_gateway_demand_absorbed_tokens_total",
                                 "Input and output tokens of the absorbed calls.",
                                 Kind::kCounter,
                                 kByDeployment,
                                 {}};
constexpr Family kInFlight{"penstock_gateway_deployment_calls_in_flight",
                           "Calls at the deployment's endpoints.",
                           Kind::kGauge,
                           kByDeployment,
                           {}};
constexpr Family kWaiting{"penstock_gateway_calls_waiting",
                          "Calls that wait in the gateway; reason: cold_start (no endpoint yet) or "
                          "queue (all full).",
                          Kind::kGauge,
                          kByReason,
                          {}};

}  // namespace

std::shared_ptr<Counters> Book::of(const std::string& deployment) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<Counters>& counters = by_name_[deployment];
  if (!counters) {
    counters = std::make_shared<Counters>();
  }
  return counters;
}

void Book::prune() {
  const std::scoped_lock lock(mutex_);
  std::erase_if(by_name_, [](const auto& item) { return item.second.use_count() == 1; });
}

void Book::add_to(Totals& totals) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, counters] : by_name_) {
    DeploymentDemand& total = totals[name];
    total.arrivals += counters->arrivals.value();
    total.prompt_tokens += counters->prompt_tokens.value();
    total.output_tokens += counters->output_tokens.value();
    total.spilled_calls += counters->spilled_calls.value();
    total.spilled_tokens += counters->spilled_tokens.value();
    total.absorbed_calls += counters->absorbed_calls.value();
    total.absorbed_tokens += counters->absorbed_tokens.value();
    total.in_flight += counters->in_flight.value();
    total.queued += counters->queued.value();
    total.waiting_for_start += counters->waiting_for_start.value();
  }
}

std::vector<DeploymentDemand> sum(std::span<const Book* const> books) {
  Book::Totals totals;
  for (const Book* book : books) {
    book->add_to(totals);
  }
  std::vector<DeploymentDemand> out;
  out.reserve(totals.size());
  for (auto& [name, total] : totals) {
    const std::size_t slash = name.find('/');
    total.name_space = name.substr(0, slash);
    total.name = slash == std::string::npos ? name : name.substr(slash + 1);
    out.push_back(std::move(total));
  }
  std::ranges::sort(out, [](const DeploymentDemand& a, const DeploymentDemand& b) {
    return std::tie(a.name_space, a.name) < std::tie(b.name_space, b.name);
  });
  return out;
}

void show(const std::vector<DeploymentDemand>& demand, telemetry::Registry& registry) {
  for (const DeploymentDemand& one : demand) {
    const std::string name = one.name_space + "/" + one.name;
    registry.cell(kCalls, {name}).add(one.arrivals);
    registry.cell(kTokens, {name, "input"}).add(one.prompt_tokens);
    registry.cell(kTokens, {name, "output"}).add(one.output_tokens);
    registry.cell(kSpilledCalls, {name}).add(one.spilled_calls);
    registry.cell(kSpilledTokens, {name}).add(one.spilled_tokens);
    registry.cell(kAbsorbedCalls, {name}).add(one.absorbed_calls);
    registry.cell(kAbsorbedTokens, {name}).add(one.absorbed_tokens);
    registry.cell(kInFlight, {name}).add(one.in_flight);
    registry.cell(kWaiting, {name, "cold_start"}).add(one.waiting_for_start);
    registry.cell(kWaiting, {name, "queue"}).add(one.queued);
  }
}

}  // namespace penstock::gateway::demand
