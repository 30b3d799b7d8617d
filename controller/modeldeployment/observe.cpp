#include "controller/modeldeployment/observe.h"

#include "controller/cache/references.h"
#include "controller/child/names.h"

namespace penstock::controller::modeldeployment {
namespace {

class Observer {
 public:
  Observer(const cache::Caches& caches, Input& input)
      : caches_(caches), input_(input), space_(input.object.metadata.namespace_) {}

  void engine() {
    const std::string& name = input_.object.metadata.name;
    const auto deployment = caches_.deployments.get({space_, child::engine_name(name)});
    if (!deployment.empty()) {
      input_.deployment = read_deployment(deployment.value());
    }
    for (const auto& pod :
         caches_.pods.by_index(cache::kByLabel, space_ + "/" + child::label_value(name))) {
      input_.pods.push_back(read_pod(pod.value()));
    }
    for (const auto& profile : caches_.accelerator_profiles.list()) {
      if (auto parsed = crd::parse_accelerator_profile(profile.value())) {
        input_.profiles.push_back(std::move(*parsed));
      }
    }
  }

  void secrets(const kube::Object& object) {
    for (const auto& name : cache::secrets_of(object)) {
      const auto secret = caches_.secrets.get({space_, name});
      if (!secret.empty()) {
        // One that cannot be read counts as missing; the condition says so.
        static_cast<void>(input_.secrets.add(secret.value()));
      }
    }
  }

  void fallbacks() {
    labels_of(space_);
    for (const auto& other : caches_.model_deployments.list()) {
      auto parsed = crd::parse_model_deployment(other.value());
      if (parsed && parsed->metadata.full_name() != input_.object.metadata.full_name()) {
        // A fallback that falls back itself asks for its own namespace.
        if (parsed->spec.client) {
          labels_of(parsed->metadata.namespace_);
        }
        input_.fallbacks.push_back(std::move(*parsed));
      }
    }
  }

 private:
  void labels_of(const std::string& name_space) {
    input_.namespaces[name_space] = cache::labels_of(caches_.namespaces.get({"", name_space}));
  }

  const cache::Caches& caches_;
  Input& input_;
  const std::string& space_;
};

}  // namespace

Result<Input> observe(const cache::Caches& caches, const kube::Object& object, WallTime now) {
  Input input;
  PENSTOCK_TRY(parsed, crd::parse_model_deployment(object.value()));
  input.object = std::move(parsed);
  input.now = now;
  Observer observer(caches, input);
  if (input.object.spec.engine) {
    observer.engine();
  } else if (input.object.spec.provider) {
    observer.secrets(object);
  } else {
    observer.fallbacks();
  }
  return input;
}

}  // namespace penstock::controller::modeldeployment
