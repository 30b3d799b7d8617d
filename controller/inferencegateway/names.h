#pragma once
// What the children of an InferenceGateway are called: one place. Pure.

#include <string>
#include <string_view>

#include "controller/child/names.h"

namespace penstock::controller::inferencegateway {

/// Deployment, Service, ServiceAccount, Role, RoleBinding, PodDisruptionBudget, NetworkPolicy.
[[nodiscard]] inline std::string gateway_name(std::string_view object_name) {
  return child::child_name(object_name, "gateway");
}

/// The Secret with the configuration, under kSnapshotKey.
[[nodiscard]] inline std::string snapshot_name(std::string_view object_name) {
  return child::child_name(object_name, "snapshot");
}
inline constexpr std::string_view kSnapshotKey = "snapshot.json";

/// The port for operators, of the pod's container.
inline constexpr std::string_view kAdminPortName = "admin";

/// The Secret with the certificate that pods show to the controller: tls.crt, tls.key, ca.crt.
[[nodiscard]] inline std::string identity_name(std::string_view object_name) {
  return child::child_name(object_name, "identity");
}

}  // namespace penstock::controller::inferencegateway
