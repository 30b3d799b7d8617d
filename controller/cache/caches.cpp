#include "controller/cache/caches.h"

#include "controller/cache/references.h"
#include "controller/child/names.h"

namespace penstock::controller::cache {
namespace {

namespace res = kube::resources;

/// Helm keeps releases in Secrets, large ones, that nobody here reads. And no object may refer to
/// our authority's key (controller/authority).
constexpr std::string_view kUsableSecrets = "type!=helm.sh/release.v1,type!=penstock.dev/authority";

class Filler {
 public:
  Filler(runtime::Manager& manager, const std::vector<std::string>& namespaces)
      : manager_(manager), namespaces_(namespaces) {}

  void namespaced(Informers& informers, const kube::Resource& resource,
                  const kube::Selection& selection = {}) {
    if (namespaces_.empty()) {
      add(informers, resource, selection, "");
    }
    for (const auto& name_space : namespaces_) {
      add(informers, resource, selection, name_space);
    }
  }

  void add(Informers& informers, const kube::Resource& resource, const kube::Selection& selection,
           const std::string& name_space) {
    kube::InformerOptions options;
    options.selection = selection;
    options.name_space = name_space;
    informers.add(manager_.add_informer(resource, options), name_space);
  }

 private:
  runtime::Manager& manager_;
  const std::vector<std::string>& namespaces_;
};

kube::Store::IndexFunction in_own_namespace(
    std::vector<std::string> (*names)(const kube::Object&)) {
  return [names](const kube::Object& object) {
    std::vector<std::string> values = names(object);
    for (auto& value : values) {
      value.insert(0, object.name_space() + "/");
    }
    return values;
  };
}

std::vector<std::string> deployment_label(const kube::Object& pod) {
  const auto label = pod.label(child::kDeploymentLabel);
  return label ? std::vector{*label} : std::vector<std::string>();
}

std::vector<std::string> pod_label(const kube::Object& object) {
  return {child::label_value(object.name())};
}

}  // namespace

void Informers::add(kube::Informer& informer, std::string name_space) {
  parts_.push_back({std::move(name_space), &informer});
}

void Informers::add_index(const std::string& name, const kube::Store::IndexFunction& values) {
  for (const auto& part : parts_) {
    part.informer->add_index(name, values);
  }
}

void Informers::add_handler(const kube::Informer::Handler& handler) {
  for (const auto& part : parts_) {
    part.informer->add_handler(handler);
  }
}

const kube::Informer* Informers::of(const std::string& name_space) const {
  for (const auto& part : parts_) {
    if (part.name_space.empty() || part.name_space == name_space) {
      return part.informer;
    }
  }
  return nullptr;
}

kube::Object Informers::get(const kube::ObjectKey& key) const {
  const auto* informer = of(key.name_space);
  return informer == nullptr ? kube::Object() : informer->store().get(key);
}

std::vector<kube::Object> Informers::list() const {
  std::vector<kube::Object> out;
  for (const auto& part : parts_) {
    auto some = part.informer->store().list();
    out.insert(out.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return out;
}

std::vector<kube::Object> Informers::in_namespace(const std::string& name_space) const {
  const auto* informer = of(name_space);
  return informer == nullptr ? std::vector<kube::Object>()
                             : informer->store().in_namespace(name_space);
}

std::vector<kube::Object> Informers::by_index(std::string_view index,
                                              const std::string& value) const {
  std::vector<kube::Object> out;
  for (const auto& part : parts_) {
    auto some = part.informer->store().by_index(index, value);
    out.insert(out.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return out;
}

const Informers* Caches::of(const kube::Resource& resource) const {
  struct Row {
    const kube::Resource& resource;
    const Informers& informers;
  };
  const Row rows[] = {{res::kDeployments, deployments},
                      {res::kServices, services},
                      {res::kServiceAccounts, service_accounts},
                      {res::kPersistentVolumeClaims, claims},
                      {res::kPodDisruptionBudgets, budgets},
                      {res::kSecrets, secrets},
                      {res::kRoles, roles},
                      {res::kRoleBindings, role_bindings},
                      {res::kNetworkPolicies, network_policies}};
  for (const auto& row : rows) {
    if (row.resource == resource) {
      return &row.informers;
    }
  }
  return nullptr;
}

void fill(Caches& caches, runtime::Manager& manager, const std::vector<std::string>& namespaces) {
  Filler filler(manager, namespaces);
  kube::Selection ours;
  ours.label_selector = std::string(child::kManagedByLabel) + "=" + std::string(child::kManagedBy);
  kube::Selection secrets;
  secrets.field_selector = kUsableSecrets;

  filler.namespaced(caches.model_deployments, res::kModelDeployments);
  filler.namespaced(caches.inference_gateways, res::kInferenceGateways);
  filler.namespaced(caches.model_routes, res::kModelRoutes);
  filler.namespaced(caches.consumers, res::kConsumers);
  filler.add(caches.accelerator_profiles, res::kAcceleratorProfiles, {}, "");
  filler.namespaced(caches.secrets, res::kSecrets, secrets);
  filler.add(caches.namespaces, res::kNamespaces, {}, "");
  filler.namespaced(caches.deployments, res::kDeployments, ours);
  filler.namespaced(caches.services, res::kServices, ours);
  filler.namespaced(caches.service_accounts, res::kServiceAccounts, ours);
  filler.namespaced(caches.claims, res::kPersistentVolumeClaims, ours);
  filler.namespaced(caches.budgets, res::kPodDisruptionBudgets, ours);
  filler.namespaced(caches.roles, res::kRoles, ours);
  filler.namespaced(caches.role_bindings, res::kRoleBindings, ours);
  filler.namespaced(caches.network_policies, res::kNetworkPolicies, ours);
  filler.namespaced(caches.pods, res::kPods, ours);
  filler.namespaced(caches.endpoint_slices, res::kEndpointSlices, ours);

  caches.model_deployments.add_index(std::string(kBySecret), in_own_namespace(secrets_of));
  caches.model_deployments.add_index(std::string(kByProfile), profiles_of);
  caches.model_deployments.add_index(std::string(kByLabel), in_own_namespace(pod_label));
  caches.pods.add_index(std::string(kByLabel), in_own_namespace(deployment_label));
  caches.consumers.add_index(std::string(kBySecret), in_own_namespace(secrets_of));
  caches.secrets.add_index(std::string(kByDigest), key_digests);
  caches.model_routes.add_index(std::string(kByDeployment), deployments_of);
  caches.model_routes.add_index(std::string(kByGateway), gateways_of);
}

}  // namespace penstock::controller::cache
