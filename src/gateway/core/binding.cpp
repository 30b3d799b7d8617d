#include "gateway/core/binding.h"

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
                 Metrics& metrics)
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
}

routing::Decision Binding::pick(std::uint32_t route, const routing::Attempts& attempts,
                                SteadyTime now, std::uint64_t draw) {
  return pickers_[route]->pick(snapshot_->facts(), states_, attempts, now, draw);
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
