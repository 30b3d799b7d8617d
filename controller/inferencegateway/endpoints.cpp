#include "controller/inferencegateway/endpoints.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "controller/child/names.h"
#include "kube/fields.h"

namespace penstock::controller::inferencegateway {
namespace {

using gateway::snapshot::Endpoint;
using kube::member;

// NOLINTNEXTLINE(readability-identifier-naming): a constant in all but constexpr.
const json::Value kNothing = json::Value::object();
constexpr std::string_view kServiceLabel = "kubernetes.io/service-name";

const json::Value& part(const json::Value& object, std::string_view name) {
  const json::Value* found = member(object, name);
  return found == nullptr ? kNothing : *found;
}

/// Absent (or null) conditions have a meaning of their own in this API.
bool condition(const json::Value& conditions, std::string_view name, bool when_unknown) {
  const json::Value* found = member(conditions, name);
  return found != nullptr && found->is_boolean() ? found->get<bool>() : when_unknown;
}

std::uint16_t port_of(const json::Value& slice) {
  for (const auto& port : part(slice, "ports")) {
    if (const auto number = kube::integer_at(port, "port")) {
      return static_cast<std::uint16_t>(*number);
    }
  }
  return 0;
}

void read_slice(const json::Value& slice, std::map<std::string, Endpoint>& out) {
  const std::uint16_t port = port_of(slice);
  for (const auto& item : part(slice, "endpoints")) {
    const json::Value& addresses = part(item, "addresses");
    if (port == 0 || !addresses.is_array() || addresses.empty() || !addresses[0].is_string()) {
      continue;
    }
    const json::Value& conditions = part(item, "conditions");
    Endpoint endpoint;
    endpoint.host = addresses[0].get<std::string>();
    endpoint.port = port;
    endpoint.ready = condition(conditions, "ready", true);
    endpoint.draining = condition(conditions, "terminating", false);
    endpoint.id = kube::text_at(part(item, "targetRef"), "name");
    if (endpoint.id.empty()) {
      endpoint.id = endpoint.host;
    }
    const auto [known, added] = out.emplace(endpoint.id, endpoint);
    if (!added && endpoint.ready) {
      known->second = endpoint;
    }
  }
}

}  // namespace

snapshot::Endpoints endpoints_of(const std::vector<crd::ModelDeployment>& deployments,
                                 const std::vector<kube::Object>& slices) {
  std::map<std::string, std::map<std::string, Endpoint>> by_service;
  for (const auto& slice : slices) {
    if (const auto service = slice.label(kServiceLabel)) {
      read_slice(slice.value(), by_service[slice.name_space() + "/" + *service]);
    }
  }
  snapshot::Endpoints out;
  for (const auto& deployment : deployments) {
    const auto& metadata = deployment.metadata;
    const auto found =
        by_service.find(metadata.namespace_ + "/" + child::engine_name(metadata.name));
    if (!deployment.spec.engine || found == by_service.end()) {
      continue;
    }
    auto& list = out[metadata.full_name()];
    for (auto& [id, endpoint] : found->second) {
      list.push_back(std::move(endpoint));
    }
  }
  return out;
}

}  // namespace penstock::controller::inferencegateway
