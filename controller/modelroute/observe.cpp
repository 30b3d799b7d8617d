#include "controller/modelroute/observe.h"

#include <set>

#include "controller/cache/references.h"

namespace penstock::controller::modelroute {
namespace {

kube::ObjectKey key_of(const std::string& full_name) {
  const auto slash = full_name.find('/');
  return {full_name.substr(0, slash), full_name.substr(slash + 1)};
}

class Collector {
 public:
  Collector(const cache::Caches& caches, snapshot::Resources& out) : caches_(caches), out_(out) {}

  void gateway(const kube::ObjectKey& key) {
    const auto object = caches_.inference_gateways.get(key);
    if (auto parsed = crd::parse_inference_gateway(object.value()); !object.empty() && parsed) {
      out_.gateways.push_back(std::move(*parsed));
    }
  }

  /// With the deployments that it falls back to.
  void deployment(const kube::ObjectKey& key) {
    const auto object = caches_.model_deployments.get(key);
    if (object.empty() || !seen_.insert(key).second) {
      return;
    }
    auto parsed = crd::parse_model_deployment(object.value());
    if (!parsed) {
      return;
    }
    for (const auto& name : cache::secrets_of(object)) {
      if (const auto secret = caches_.secrets.get({key.name_space, name}); !secret.empty()) {
        // One that cannot be read counts as missing; the deployment's conditions say so.
        static_cast<void>(out_.secrets.add(secret.value()));
      }
    }
    name_space(key.name_space);
    const auto client = parsed->spec.client;
    out_.deployments.push_back(std::move(*parsed));
    if (client) {
      deployment(
          {client->fallback_ref.namespace_.value_or(key.name_space), client->fallback_ref.name});
    }
  }

  void name_space(const std::string& name) {
    const auto object = caches_.namespaces.get({"", name});
    if (!object.empty()) {
      out_.namespaces[name] = cache::labels_of(object);
    }
  }

 private:
  const cache::Caches& caches_;
  snapshot::Resources& out_;
  std::set<kube::ObjectKey> seen_;
};

}  // namespace

Result<Input> observe(const cache::Caches& caches, const kube::Object& object,
                      const std::string& cluster_residency, WallTime now) {
  Input input;
  PENSTOCK_TRY(parsed, crd::parse_model_route(object.value()));
  input.object = std::move(parsed);
  input.now = now;
  input.resources.cluster_residency = cluster_residency;
  input.resources.routes.push_back(input.object);
  Collector collector(caches, input.resources);
  for (const auto& name : cache::gateways_of(object)) {
    collector.gateway(key_of(name));
  }
  for (const auto& name : cache::deployments_of(object)) {
    collector.deployment(key_of(name));
  }
  collector.name_space(object.name_space());
  return input;
}

}  // namespace penstock::controller::modelroute
