#include "controller/modeldeployment/desired.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "controller/child/names.h"
#include "controller/modeldeployment/engine_pod.h"

namespace penstock::controller::modeldeployment {
namespace {

namespace md = crd::model_deployment;
namespace res = kube::resources;

/// Beyond the time for loading: pulling the image and finding a node.
constexpr std::chrono::minutes kBeforeStart{30};

class Builder {
 public:
  Builder(const Input& input, const Plan& plan)
      : object_(input.object),
        engine_(*object_.spec.engine),
        plan_(plan),
        name_(child::engine_name(object_.metadata.name)) {}

  std::vector<child::Child> build() {
    if (!engine_.service_account_name) {
      add(res::kServiceAccounts, name_, {{"automountServiceAccountToken", false}});
    }
    // Headless: gateways choose a pod themselves, from the addresses in its EndpointSlices.
    add(res::kServices, name_,
        {{"spec",
          {{"clusterIP", "None"},
           {"selector", selector_labels(object_)},
           {"ports", json::Value::array({{{"name", kPortName},
                                          {"port", engine_.port},
                                          {"protocol", "TCP"},
                                          {"targetPort", kPortName}}})}}}});
    if (needs_claim(engine_)) {
      add(res::kPersistentVolumeClaims, claim_name(object_.metadata.name), {{"spec", claim()}});
    }
    add(res::kPodDisruptionBudgets, name_,
        {{"spec",
          {{"maxUnavailable", 1},
           {"selector", {{"matchLabels", selector_labels(object_)}}},
           {"unhealthyPodEvictionPolicy", "AlwaysAllow"}}}});
    add(res::kDeployments, name_, {{"spec", deployment()}});
    return std::move(children_);
  }

 private:
  void add(const kube::Resource& resource, const std::string& name, const json::Value& content) {
    json::Value object =
        child::new_child(resource.api_version(), resource.kind, name,
                         {crd::ModelDeployment::kKind, object_.metadata}, child_labels(object_));
    object.update(content);
    children_.push_back({{resource, name}, kube::Object(std::move(object))});
  }

  [[nodiscard]] json::Value claim() const {
    const auto& cache = *engine_.cache;
    json::Value spec = {{"accessModes", json::Value::array({"ReadWriteMany"})},
                        {"resources", {{"requests", {{"storage", cache.size.text()}}}}}};
    if (cache.storage_class) {
      spec["storageClassName"] = *cache.storage_class;
    }
    return spec;
  }

  [[nodiscard]] json::Value deployment() const {
    const auto deadline =
        std::chrono::ceil<std::chrono::seconds>(engine_.startup_timeout) + kBeforeStart;
    // A new replica comes before an old one goes: capacity that was asked for is never taken away
    // by a rollout. Large deployments replace several at a time.
    constexpr std::int32_t kAtATime = 10;
    const std::int32_t surge = std::max(plan_.replicas / kAtATime, 1);
    return {{"replicas", plan_.replicas},
            {"revisionHistoryLimit", 3},
            {"progressDeadlineSeconds", std::chrono::seconds(deadline).count()},
            {"selector", {{"matchLabels", selector_labels(object_)}}},
            {"strategy",
             {{"type", "RollingUpdate"},
              {"rollingUpdate", {{"maxSurge", surge}, {"maxUnavailable", 0}}}}},
            {"template", engine_pod(object_, plan_)}};
  }

  const crd::ModelDeployment& object_;
  const md::Engine& engine_;
  const Plan& plan_;
  const std::string name_;
  std::vector<child::Child> children_;
};

}  // namespace

std::vector<child::Child> desired(const Input& input, const Plan& plan) {
  return input.object.spec.engine ? Builder(input, plan).build() : std::vector<child::Child>();
}

std::vector<child::Slot> all_slots(const std::string& object_name) {
  const std::string name = child::engine_name(object_name);
  return {{res::kServiceAccounts, name},
          {res::kServices, name},
          {res::kPersistentVolumeClaims, claim_name(object_name)},
          {res::kPodDisruptionBudgets, name},
          {res::kDeployments, name}};
}

child::Labels selector_labels(const crd::ModelDeployment& object) {
  return {{std::string(child::kComponentLabel), "engine"},
          {std::string(child::kDeploymentLabel), child::label_value(object.metadata.name)}};
}

child::Labels child_labels(const crd::ModelDeployment& object) {
  child::Labels labels = selector_labels(object);
  labels.insert({{std::string(child::kNameLabel), "penstock-engine"},
                 {std::string(child::kInstanceLabel), child::label_value(object.metadata.name)},
                 {std::string(child::kManagedByLabel), std::string(child::kManagedBy)}});
  return labels;
}

}  // namespace penstock::controller::modeldeployment
