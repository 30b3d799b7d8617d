#include "controller/inferencegateway/desired.h"

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "controller/inferencegateway/gateway_pod.h"
#include "controller/inferencegateway/identity.h"
#include "controller/inferencegateway/names.h"

namespace penstock::controller::inferencegateway {
namespace {

namespace res = kube::resources;

class Builder {
 public:
  Builder(const Input& input, const Plan& plan, const Image& image)
      : input_(input),
        object_(input.object),
        plan_(plan),
        image_(image),
        name_(gateway_name(object_.metadata.name)),
        secret_(snapshot_name(object_.metadata.name)) {}

  std::vector<child::Child> build() {
    add(res::kServiceAccounts, name_, {{"automountServiceAccountToken", false}});
    add_rights();
    add_snapshot();
    add_identity();
    add(res::kServices, name_, {{"spec", service()}});
    add(res::kNetworkPolicies, name_, {{"spec", network_policy()}});
    add(res::kPodDisruptionBudgets, name_,
        {{"spec",
          {{"maxUnavailable", 1},
           {"selector", {{"matchLabels", selector_labels(object_)}}},
           {"unhealthyPodEvictionPolicy", "AlwaysAllow"}}}});
    add(res::kDeployments, name_, {{"spec", deployment()}});
    annotate_service();
    return std::move(children_);
  }

 private:
  void add(const kube::Resource& resource, const std::string& name, const json::Value& content) {
    json::Value object =
        child::new_child(resource.api_version(), resource.kind, name,
                         {crd::InferenceGateway::kKind, object_.metadata}, child_labels(object_));
    object.merge_patch(content);
    children_.push_back({{resource, name}, kube::Object(std::move(object))});
  }

  /// A gateway may read its own configuration and nothing else.
  void add_rights() {
    add(res::kRoles, name_,
        {{"rules",
          json::Value::array({{{"apiGroups", json::Value::array({""})},
                               {"resources", json::Value::array({"secrets"})},
                               {"resourceNames", json::Value::array({secret_})},
                               {"verbs", json::Value::array({"get", "list", "watch"})}}})}});
    add(res::kRoleBindings, name_,
        {{"roleRef",
          {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "Role"}, {"name", name_}}},
         {"subjects", json::Value::array({{{"kind", "ServiceAccount"},
                                           {"name", name_},
                                           {"namespace", object_.metadata.namespace_}}})}});
  }

  void add_snapshot() {
    add(res::kSecrets, secret_,
        {{"metadata",
          {{"annotations", {{std::string(kVersionAnnotation), plan_.document.version}}}}},
         {"type", "Opaque"},
         {"data", {{std::string(kSnapshotKey), base64_encode(plan_.packed)}}}});
  }

  void add_identity() {
    if (input_.identity && !image_.controller_url.empty()) {
      add(res::kSecrets, identity_name(object_.metadata.name),
          {{"type", "kubernetes.io/tls"}, {"data", identity_data(*input_.identity)}});
    }
  }

  [[nodiscard]] json::Value service() const {
    json::Value ports = json::Value::array();
    for (const auto& listener : plan_.document.listeners) {
      ports.push_back({{"name", listener.name},
                       {"port", listener.port},
                       {"protocol", "TCP"},
                       {"targetPort", listener.port}});
    }
    const auto& wanted = object_.spec.service;
    return {{"type", wanted ? std::string(wanted->type.name()) : "ClusterIP"},
            {"selector", selector_labels(object_)},
            {"ports", std::move(ports)}};
  }

  void annotate_service() {
    if (!object_.spec.service || object_.spec.service->annotations.empty()) {
      return;
    }
    for (auto& child : children_) {
      if (child.slot.resource == res::kServices) {
        json::Value value = child.intent.value();
        value["metadata"]["annotations"] = object_.spec.service->annotations;
        child.intent = kube::Object(std::move(value));
      }
    }
  }

  /// Callers reach the listeners, scrapers and the controller the admin port; nothing else listens.
  /// What a gateway calls (engines, providers) is not limited here.
  [[nodiscard]] json::Value network_policy() const {
    json::Value ports = json::Value::array();
    for (const auto& listener : plan_.document.listeners) {
      ports.push_back({{"port", listener.port}, {"protocol", "TCP"}});
    }
    ports.push_back({{"port", plan_.admin_port}, {"protocol", "TCP"}});
    return {{"podSelector", {{"matchLabels", selector_labels(object_)}}},
            {"policyTypes", json::Value::array({"Ingress"})},
            {"ingress", json::Value::array({{{"ports", std::move(ports)}}})}};
  }

  [[nodiscard]] json::Value deployment() const {
    return {
        {"replicas", plan_.replicas},
        {"revisionHistoryLimit", 3},
        {"selector", {{"matchLabels", selector_labels(object_)}}},
        {"strategy",
         {{"type", "RollingUpdate"}, {"rollingUpdate", {{"maxSurge", 1}, {"maxUnavailable", 0}}}}},
        {"template", gateway_pod(object_, plan_, image_)}};
  }

  const Input& input_;
  const crd::InferenceGateway& object_;
  const Plan& plan_;
  const Image& image_;
  const std::string name_;
  const std::string secret_;
  std::vector<child::Child> children_;
};

}  // namespace

std::vector<child::Child> desired(const Input& input, const Plan& plan, const Image& image) {
  return Builder(input, plan, image).build();
}

std::vector<child::Slot> all_slots(const std::string& object_name) {
  const std::string name = gateway_name(object_name);
  return {{res::kServiceAccounts, name},
          {res::kRoles, name},
          {res::kRoleBindings, name},
          {res::kSecrets, snapshot_name(object_name)},
          {res::kSecrets, identity_name(object_name)},
          {res::kServices, name},
          {res::kNetworkPolicies, name},
          {res::kPodDisruptionBudgets, name},
          {res::kDeployments, name}};
}

child::Labels selector_labels(const crd::InferenceGateway& object) {
  return {{std::string(child::kComponentLabel), "gateway"},
          {std::string(child::kGatewayLabel), child::label_value(object.metadata.name)}};
}

child::Labels child_labels(const crd::InferenceGateway& object) {
  child::Labels labels = selector_labels(object);
  labels.insert({{std::string(child::kNameLabel), "penstock-gateway"},
                 {std::string(child::kInstanceLabel), child::label_value(object.metadata.name)},
                 {std::string(child::kManagedByLabel), std::string(child::kManagedBy)}});
  return labels;
}

}  // namespace penstock::controller::inferencegateway
