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

/// spec.replicas, else scaling.minReplicas, else 1. Nothing wakes a sleeping engine in this
/// version, so minReplicas 0 still keeps one; only spec.replicas 0 stops the engine.
[[nodiscard]] std::int32_t wanted_replicas(const crd::model_deployment::Spec& spec);

}  // namespace penstock::controller::modeldeployment
