#include "controller/inferencegateway/observe.h"

#include <nlohmann/json.hpp>

#include "controller/inferencegateway/desired.h"
#include "controller/inferencegateway/endpoints.h"
#include "controller/inferencegateway/identity.h"
#include "controller/inferencegateway/names.h"
#include "kube/fields.h"

namespace penstock::controller::inferencegateway {
namespace {

using kube::member;
using kube::text_at;

// NOLINTNEXTLINE(readability-identifier-naming): a constant in all but constexpr.
const json::Value kNothing = json::Value::object();

const json::Value& part(const json::Value& object, std::string_view name) {
  const json::Value* found = member(object, name);
  return found == nullptr ? kNothing : *found;
}

template <class Parsed, class Parse>
void read_all(const cache::Informers& informers, Parse parse, std::vector<Parsed>& out) {
  for (const auto& object : informers.list()) {
    auto parsed = parse(object.value());
    if (parsed && !object.deleting()) {
      out.push_back(std::move(*parsed));
    }
  }
}

void read_resources(const cache::Caches& caches, snapshot::Resources& out) {
  read_all(caches.model_deployments, crd::parse_model_deployment, out.deployments);
  read_all(caches.model_routes, crd::parse_model_route, out.routes);
  read_all(caches.consumers, crd::parse_consumer, out.consumers);
  for (const auto& secret : caches.secrets.list()) {
    if (!secret.label(child::kGatewayLabel)) {
      // One that cannot be read counts as missing; what refers to it says so.
      static_cast<void>(out.secrets.add(secret.value()));
    }
  }
  for (const auto& name_space : caches.namespaces.list()) {
    auto& labels = out.namespaces[name_space.name()];
    for (const auto& [key, value] : part(part(name_space.value(), "metadata"), "labels").items()) {
      labels[key] = value.is_string() ? value.get<std::string>() : std::string();
    }
  }
}

std::int32_t count_at(const json::Value& object, std::string_view name) {
  return static_cast<std::int32_t>(kube::integer_at(object, name).value_or(0));
}

WorkloadFacts read_workload(const json::Value& deployment) {
  const json::Value& status = part(deployment, "status");
  return {count_at(status, "observedGeneration") >=
              count_at(part(deployment, "metadata"), "generation"),
          count_at(status, "replicas"), count_at(status, "updatedReplicas"),
          count_at(status, "readyReplicas")};
}

ServiceFacts read_service(const json::Value& service) {
  ServiceFacts out;
  out.cluster_ip = text_at(part(service, "spec"), "clusterIP");
  const json::Value& balancer = part(part(service, "status"), "loadBalancer");
  for (const auto& item : part(balancer, "ingress")) {
    if (auto ip = text_at(item, "ip"); !ip.empty()) {
      out.ingress_ips.push_back(std::move(ip));
    }
    if (auto hostname = text_at(item, "hostname"); !hostname.empty()) {
      out.ingress_hostnames.push_back(std::move(hostname));
    }
  }
  return out;
}

Replica read_replica(const kube::Object& pod) {
  Replica out;
  out.name = pod.name();
  const json::Value& status = part(pod.value(), "status");
  out.address = text_at(status, "podIP");
  for (const auto& condition : part(status, "conditions")) {
    if (text_at(condition, "type") == "Ready") {
      out.ready = text_at(condition, "status") == "True";
    }
  }
  return out;
}

}  // namespace

Result<Input> observe(const cache::Caches& caches, const kube::Object& object, WallTime now) {
  Input input;
  PENSTOCK_TRY(parsed, crd::parse_inference_gateway(object.value()));
  input.object = std::move(parsed);
  input.now = now;
  const std::string& space = object.name_space();
  const std::string name = gateway_name(object.name());
  read_resources(caches, input.resources);
  input.resources.gateways.push_back(input.object);
  input.endpoints = endpoints_of(input.resources.deployments, caches.endpoint_slices.list());
  if (const auto live = caches.deployments.get({space, name}); !live.empty()) {
    input.workload = read_workload(live.value());
  }
  if (const auto live = caches.services.get({space, name}); !live.empty()) {
    input.service = read_service(live.value());
  }
  const auto secret = caches.secrets.get({space, snapshot_name(object.name())});
  input.delivered_version = secret.annotation(kVersionAnnotation).value_or("");
  input.identity = read_identity(caches.secrets.get({space, identity_name(object.name())}));
  const std::string label = child::label_value(object.name());
  for (const auto& pod : caches.pods.in_namespace(space)) {
    if (pod.label(child::kGatewayLabel) == label && !pod.deleting()) {
      input.replicas.push_back(read_replica(pod));
    }
  }
  return input;
}

}  // namespace penstock::controller::inferencegateway
