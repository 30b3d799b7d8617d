#pragma once
// What should be: pure, ordered checks. Knows the spec and the cluster's facts; builds no object.

#include <cstdint>
#include <optional>
#include <string_view>

#include "controller/condition/finding.h"
#include "controller/modeldeployment/fit.h"
#include "controller/modeldeployment/launch.h"
#include "controller/modeldeployment/observe.h"

namespace penstock::controller::modeldeployment {

struct Plan {
  std::optional<condition::Finding> refused;    ///< why the spec cannot be carried out
  std::optional<condition::Finding> misfit;     ///< why the model cannot be placed
  std::optional<condition::Finding> unhealthy;  ///< provider: why it cannot be called
  std::optional<condition::Finding> trouble;    ///< engine: why replicas do not become ready
  std::int32_t replicas = 0;
  Fit fit;
  Launch launch;

  /// The children can be computed. Else those that exist stay as they are: a wrong edit must not
  /// take down what works.
  [[nodiscard]] bool can_deploy() const { return !refused && !misfit; }
};

[[nodiscard]] Plan decide(const Input& input);

/// spec.replicas, which somebody else writes; else what the autoscaler decided. Before its first
/// decision what runs goes on, and a new engine starts with scaling.minReplicas (1 without
/// scaling): one that may sleep does not start before somebody calls.
[[nodiscard]] std::int32_t wanted_replicas(const crd::ModelDeployment& object,
                                           const DeploymentFacts& deployment);

}  // namespace penstock::controller::modeldeployment
