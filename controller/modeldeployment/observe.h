#pragma once
// Everything a pass over one ModelDeployment looks at, as plain data. Knows where facts come from
// (caches); judges nothing and writes nothing.

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "controller/cache/caches.h"
#include "controller/modeldeployment/pod_facts.h"
#include "controller/snapshot/secret_store.h"
#include "crd/generated/accelerator_profile.h"
#include "crd/generated/model_deployment.h"
#include "kube/object.h"

namespace penstock::controller::modeldeployment {

struct Input {
  crd::ModelDeployment object;
  std::vector<crd::AcceleratorProfile> profiles;  ///< all of the cluster
  std::vector<crd::ModelDeployment> fallbacks;    ///< for a client: what it may fall back to
  std::map<std::string, std::map<std::string, std::string>> namespaces;  ///< labels, for consent
  snapshot::SecretStore secrets;  ///< those that the object names
  DeploymentFacts deployment;     ///< empty while there is none
  std::vector<PodFacts> pods;
  WallTime now{};
};

/// Error kInvalid when the object does not have the shape that its CRD says.
[[nodiscard]] Result<Input> observe(const cache::Caches& caches, const kube::Object& object,
                                    WallTime now);

}  // namespace penstock::controller::modeldeployment
