#pragma once
// The list of a document's fields, once, for both directions. A Visitor is called as v(name,
// member) for every field; the writer turns members into JSON, the reader fills them. Included by
// document_json.cpp only.

#include <concepts>
#include <type_traits>

#include "gateway/snapshot/document.h"

namespace penstock::gateway::snapshot {

/// T, const or not.
template <class X, class T>
concept Like = std::same_as<std::remove_cvref_t<X>, T>;

void visit(auto&& v, Like<Endpoint> auto& x) {
  v("id", x.id);
  v("host", x.host);
  v("port", x.port);
  v("tls", x.tls);
  v("ready", x.ready);
  v("draining", x.draining);
}

void visit(auto&& v, Like<ColdStart> auto& x) {
  v("maxWaitMs", x.max_wait);
  v("spillWhileWaiting", x.spill_while_waiting);
}

void visit(auto&& v, Like<Deployment> auto& x) {
  v("name", x.name);
  v("model", x.model);
  v("aliases", x.aliases);
  v("upstreamModel", x.upstream_model);
  v("task", x.task);
  v("managed", x.managed);
  v("dialect", x.dialect);
  v("pathPrefix", x.path_prefix);
  v("azureDeployment", x.azure_deployment);
  v("azureApiVersion", x.azure_api_version);
  v("authHeader", x.auth_header);
  v("authValue", x.auth_value);
  v("region", x.region);
  v("residency", x.residency);
  v("contextLength", x.context_length);
  v("coldStart", x.cold_start);
  v("endpoints", x.endpoints);
}

void visit(auto&& v, Like<Backend> auto& x) {
  v("deployment", x.deployment);
  v("weight", x.weight);
}

void visit(auto&& v, Like<Spill> auto& x) {
  v("throttled", x.throttled);
  v("overloaded", x.overloaded);
  v("error", x.error);
  v("timeout", x.timeout);
  v("keepFull", x.keep_full);
}

void visit(auto&& v, Like<Tier> auto& x) {
  v("backends", x.backends);
  v("spill", x.spill);
}

void visit(auto&& v, Like<Queue> auto& x) {
  v("maxWaitMs", x.max_wait);
  v("maxDepth", x.max_depth);
}

void visit(auto&& v, Like<Resilience> auto& x) {
  v("attempts", x.attempts);
  v("perTryTimeoutMs", x.per_try_timeout);
  v("timeToFirstTokenTimeoutMs", x.time_to_first_token_timeout);
  v("breakerConsecutiveFailures", x.breaker_consecutive_failures);
  v("breakerOpenForMs", x.breaker_open_for);
  v("queue", x.queue);
}

void visit(auto&& v, Like<HeaderMatch> auto& x) {
  v("name", x.name);
  v("value", x.value);
}

void visit(auto&& v, Like<Route> auto& x) {
  v("name", x.name);
  v("models", x.models);
  v("paths", x.paths);
  v("headers", x.headers);
  v("consumerLabels", x.consumer_labels);
  v("tiers", x.tiers);
  v("balancing", x.balancing);
  v("resilience", x.resilience);
}

void visit(auto&& v, Like<Billing> auto& x) {
  v("organization", x.organization);
  v("businessUnit", x.business_unit);
  v("project", x.project);
  v("costCenter", x.cost_center);
}

void visit(auto&& v, Like<Consumer> auto& x) {
  v("name", x.name);
  v("labels", x.labels);
  v("billing", x.billing);
  v("priority", x.priority);
  v("weight", x.weight);
  v("allowedModels", x.allowed_models);
  v("expiresAt", x.expires_at);
}

void visit(auto&& v, Like<ApiKey> auto& x) {
  v("sha256", x.sha256_hex);
  v("consumer", x.consumer);
}

void visit(auto&& v, Like<Limits> auto& x) {
  v("maxBodyBytes", x.max_body_bytes);
  v("maxHeaderBytes", x.max_header_bytes);
  v("maxStreams", x.max_streams);
  v("maxWaitingBytes", x.max_waiting_bytes);
  v("requestTimeoutMs", x.request_timeout);
  v("idleTimeoutMs", x.idle_timeout);
}

void visit(auto&& v, Like<Listener> auto& x) {
  v("name", x.name);
  v("address", x.address);
  v("port", x.port);
  v("tls", x.tls);
  v("certificatePem", x.certificate_pem);
  v("privateKeyPem", x.private_key_pem);
  v("minTlsVersion", x.min_tls_version);
}

void visit(auto&& v, Like<Cors> auto& x) {
  v("allowOrigins", x.allow_origins);
  v("allowHeaders", x.allow_headers);
}

void visit(auto&& v, Like<Edge> auto& x) {
  v("requiredHeader", x.required_header);
  v("value", x.value);
}

void visit(auto&& v, Like<Telemetry> auto& x) {
  v("accessLog", x.access_log);
}

void visit(auto&& v, Like<Document> auto& x) {
  v("version", x.version);
  v("gateway", x.gateway);
  v("listeners", x.listeners);
  v("limits", x.limits);
  v("cors", x.cors);
  v("edge", x.edge);
  v("telemetry", x.telemetry);
  v("consumers", x.consumers);
  v("apiKeys", x.api_keys);
  v("deployments", x.deployments);
  v("routes", x.routes);
}

}  // namespace penstock::gateway::snapshot
