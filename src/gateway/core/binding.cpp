#include "gateway/core/binding.h"

#include <algorithm>

namespace penstock::gateway {

std::shared_ptr<EndpointSlot> EndpointSlots::slot(const snapshot::FlatEndpoint& endpoint) {
  std::shared_ptr<EndpointSlot>& slot = by_id_[endpoint.state_id];
  if (!slot) {
    slot = std::make_shared<EndpointSlot>();
  }
  // The address may change under the same id (a pod that restarted).
  slot->origin = &pool_.origin({.host = endpoint.endpoint->host,
                                .port = endpoint.endpoint->port,
                                .tls = endpoint.endpoint->tls,
                                .sni = {}});
  return slot;
}

void EndpointSlots::prune() {
  std::erase_if(by_id_, [](const auto& item) { return item.second.use_count() == 1; });
}

Binding::Binding(std::shared_ptr<const snapshot::Snapshot> snapshot, EndpointSlots& slots,
                 Metrics& metrics, demand::Book& demand)
    : snapshot_(std::move(snapshot)), metrics_(metrics) {
  for (const snapshot::FlatEndpoint& endpoint : snapshot_->endpoints()) {
    slots_.push_back(slots.slot(endpoint));
    states_.push_back(&slots_.back()->state);
  }
  const std::size_t routes = snapshot_->document().routes.size();
  for (std::uint32_t route = 0; route < routes; ++route) {
    pickers_.push_back(std::make_unique<routing::Picker>(snapshot_->plan(route)));
  }
  call_series_.resize(routes);
  model_series_.resize(snapshot_->document().deployments.size());
  for (const snapshot::Deployment& deployment : snapshot_->document().deployments) {
    demand_.push_back(demand.of(deployment.name));
  }
}

routing::Decision Binding::pick(std::uint32_t route, const routing::Attempts& attempts,
                                SteadyTime now, std::uint64_t draw) {
  return pickers_[route]->pick(snapshot_->facts(), states_, attempts, now, draw);
}

routing::Openings Binding::openings(std::uint32_t route, SteadyTime now,
                                    std::uint32_t per_endpoint) {
  return pickers_[route]->openings(snapshot_->facts(), states_, now, per_endpoint);
}

std::uint32_t Binding::preferred(std::uint32_t route, std::uint64_t draw) const {
  return pickers_[route]->preferred(draw);
}

std::optional<std::uint32_t> Binding::route_named(std::string_view name) const {
  const auto& routes = snapshot_->document().routes;
  const auto found = std::ranges::find(routes, name, &snapshot::Route::name);
  return found == routes.end() ? std::nullopt
                               : std::optional(static_cast<std::uint32_t>(found - routes.begin()));
}

std::optional<std::uint32_t> Binding::deployment_named(std::string_view name) const {
  const auto& all = snapshot_->document().deployments;
  const auto found = std::ranges::find(all, name, &snapshot::Deployment::name);
  return found == all.end() ? std::nullopt
                            : std::optional(static_cast<std::uint32_t>(found - all.begin()));
}

std::shared_ptr<demand::Counters> Binding::shared_demand(const demand::Counters* one) const {
  const auto found = std::ranges::find(demand_, one, &std::shared_ptr<demand::Counters>::get);
  return found == demand_.end() ? nullptr : *found;
}

CallSeries& Binding::call_series(std::uint32_t route, std::uint32_t deployment) {
  for (const RouteSeries& one : call_series_[route]) {
    if (one.deployment == deployment) {
      return *one.series;
    }
  }
  const auto& document = snapshot_->document();
  const std::string_view name =
      deployment == kNoDeployment ? std::string_view() : document.deployments[deployment].name;
  auto series =
      std::make_unique<CallSeries>(metrics_.call_series(document.routes[route].name, name));
  return *call_series_[route].emplace_back(deployment, std::move(series)).series;
}

ModelSeries& Binding::model_series(std::uint32_t deployment, Operation operation) {
  const std::size_t index = operation == Operation::kChat         ? 0
                            : operation == Operation::kCompletion ? 1
                                                                  : 2;
  std::unique_ptr<ModelSeries>& series = model_series_[deployment][index];
  if (!series) {
    const snapshot::Deployment& one = snapshot_->document().deployments[deployment];
    std::string_view provider = "penstock";
    if (one.managed) {
      provider = one.dialect == snapshot::Dialect::kAzureOpenAI ? "azure.ai.openai" : "openai";
    }
    series = std::make_unique<ModelSeries>(metrics_.model_series(
        {.deployment = one.name, .model = one.model, .provider = provider}, operation));
  }
  return *series;
}

}  // namespace penstock::gateway
