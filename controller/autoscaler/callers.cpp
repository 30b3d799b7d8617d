#include "controller/autoscaler/callers.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "controller/cache/references.h"
#include "controller/child/names.h"
#include "controller/inferencegateway/names.h"
#include "kube/fields.h"

namespace penstock::controller::autoscaler {
namespace {

using kube::member;
using kube::text_at;

bool is_ready(const json::Value& pod) {
  const json::Value* status = member(pod, "status");
  const json::Value* conditions = status == nullptr ? nullptr : member(*status, "conditions");
  return conditions != nullptr && conditions->is_array() &&
         std::ranges::any_of(*conditions, [](const json::Value& condition) {
           return text_at(condition, "type") == "Ready" && text_at(condition, "status") == "True";
         });
}

std::uint16_t admin_port(const json::Value& pod) {
  const json::Value* spec = member(pod, "spec");
  const json::Value* containers = spec == nullptr ? nullptr : member(*spec, "containers");
  if (containers == nullptr || !containers->is_array()) {
    return 0;
  }
  for (const auto& container : *containers) {
    const json::Value* ports = member(container, "ports");
    if (ports == nullptr || !ports->is_array()) {
      continue;
    }
    for (const auto& port : *ports) {
      if (text_at(port, "name") == inferencegateway::kAdminPortName) {
        return static_cast<std::uint16_t>(kube::integer_at(port, "containerPort").value_or(0));
      }
    }
  }
  return 0;
}

}  // namespace

std::vector<GatewayPod> gateway_pods(const std::vector<kube::Object>& pods) {
  std::vector<GatewayPod> out;
  for (const auto& pod : pods) {
    const auto label = pod.label(child::kGatewayLabel);
    if (!label || pod.deleting() || !is_ready(pod.value())) {
      continue;
    }
    const json::Value* status = member(pod.value(), "status");
    out.push_back({pod.key().full_name(), pod.name_space() + "/" + *label,
                   text_at(*status, "podIP"), admin_port(pod.value())});
  }
  return out;
}

Callers callers_of(const std::vector<kube::Object>& routes,
                   const std::vector<kube::Object>& gateways, const std::vector<GatewayPod>& pods,
                   const std::map<std::string, std::vector<std::string>>& speakers) {
  std::unordered_map<std::string, std::vector<std::string>> by_gateway;
  std::set<std::string> alive;
  for (const auto& pod : pods) {
    by_gateway[pod.gateway].push_back(pod.key);
    alive.insert(pod.key);
  }
  for (const auto& gateway : gateways) {
    auto& replicas = by_gateway[gateway.name_space() + "/" + child::label_value(gateway.name())];
    if (replicas.empty()) {
      replicas.push_back(gateway.key().full_name() + " (no replica is ready)");
    }
  }
  std::unordered_map<std::string, std::set<std::string>> found;
  for (const auto& route : routes) {
    for (const auto& gateway : cache::gateways_of(route)) {
      const auto slash = gateway.find('/');
      const auto replicas = by_gateway.find(gateway.substr(0, slash + 1) +
                                            child::label_value(gateway.substr(slash + 1)));
      if (replicas == by_gateway.end()) {
        continue;
      }
      for (const auto& deployment : cache::deployments_of(route)) {
        found[deployment].insert(replicas->second.begin(), replicas->second.end());
      }
    }
  }
  for (const auto& [deployment, names] : speakers) {
    for (const auto& name : names) {
      if (alive.contains(name)) {
        found[deployment].insert(name);
      }
    }
  }
  Callers out;
  for (auto& [deployment, names] : found) {
    out.emplace(deployment, std::vector(names.begin(), names.end()));
  }
  return out;
}

}  // namespace penstock::controller::autoscaler
