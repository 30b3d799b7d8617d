#pragma once
// Kinds of objects and where they live on the API server. Knows paths; knows nothing of HTTP.
//
// No discovery: the operator names every kind it touches, so a Resource is a constant.
//
//   object_path(resources::kDeployments, {"team-a", "engine"}, "status")
//       == "/apis/apps/v1/namespaces/team-a/deployments/engine/status"

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace penstock::kube {

enum class Scope { kNamespaced, kCluster };

/// A GroupVersionResource with its kind. All views point to literals.
struct Resource {
  std::string_view group;  ///< empty for the core group
  std::string_view version;
  std::string_view plural;
  std::string_view kind;
  Scope scope = Scope::kNamespaced;

  /// "apps/v1", "v1".
  [[nodiscard]] std::string api_version() const;
  friend bool operator==(const Resource&, const Resource&) = default;
  friend auto operator<=>(const Resource&, const Resource&) = default;
};

/// Namespace (empty for cluster-scoped objects) and name.
struct ObjectKey {
  std::string name_space;
  std::string name;

  /// "namespace/name", or the name alone.
  [[nodiscard]] std::string full_name() const;
  friend bool operator==(const ObjectKey&, const ObjectKey&) = default;
  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

/// Where the collection is. An empty namespace means all of them.
[[nodiscard]] std::string collection_path(const Resource& resource, std::string_view name_space);

/// Where the object, or its subresource, is.
[[nodiscard]] std::string object_path(const Resource& resource, const ObjectKey& key,
                                      std::string_view subresource = {});

/// Percent-encodes one query value or path segment (RFC 3986 unreserved characters stay).
[[nodiscard]] std::string encode_component(std::string_view text);

namespace resources {
inline constexpr Resource kNamespaces{"", "v1", "namespaces", "Namespace", Scope::kCluster};
inline constexpr Resource kNodes{"", "v1", "nodes", "Node", Scope::kCluster};
inline constexpr Resource kPods{"", "v1", "pods", "Pod"};
inline constexpr Resource kServices{"", "v1", "services", "Service"};
inline constexpr Resource kSecrets{"", "v1", "secrets", "Secret"};
inline constexpr Resource kConfigMaps{"", "v1", "configmaps", "ConfigMap"};
inline constexpr Resource kServiceAccounts{"", "v1", "serviceaccounts", "ServiceAccount"};
inline constexpr Resource kPersistentVolumeClaims{"", "v1", "persistentvolumeclaims",
                                                  "PersistentVolumeClaim"};
inline constexpr Resource kDeployments{"apps", "v1", "deployments", "Deployment"};
inline constexpr Resource kReplicaSets{"apps", "v1", "replicasets", "ReplicaSet"};
inline constexpr Resource kStatefulSets{"apps", "v1", "statefulsets", "StatefulSet"};
inline constexpr Resource kEndpointSlices{"discovery.k8s.io", "v1", "endpointslices",
                                          "EndpointSlice"};
inline constexpr Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};
inline constexpr Resource kEvents{"events.k8s.io", "v1", "events", "Event"};
inline constexpr Resource kRoles{"rbac.authorization.k8s.io", "v1", "roles", "Role"};
inline constexpr Resource kRoleBindings{"rbac.authorization.k8s.io", "v1", "rolebindings",
                                        "RoleBinding"};
inline constexpr Resource kPodDisruptionBudgets{"policy", "v1", "poddisruptionbudgets",
                                                "PodDisruptionBudget"};
inline constexpr Resource kNetworkPolicies{"networking.k8s.io", "v1", "networkpolicies",
                                           "NetworkPolicy"};
inline constexpr Resource kCustomResourceDefinitions{"apiextensions.k8s.io", "v1",
                                                     "customresourcedefinitions",
                                                     "CustomResourceDefinition", Scope::kCluster};
// Our own kinds (crds/).
inline constexpr Resource kModelDeployments{"penstock.dev", "v1alpha1", "modeldeployments",
                                            "ModelDeployment"};
inline constexpr Resource kInferenceGateways{"penstock.dev", "v1alpha1", "inferencegateways",
                                             "InferenceGateway"};
inline constexpr Resource kModelRoutes{"penstock.dev", "v1alpha1", "modelroutes", "ModelRoute"};
inline constexpr Resource kConsumers{"penstock.dev", "v1alpha1", "consumers", "Consumer"};
inline constexpr Resource kTokenQuotas{"penstock.dev", "v1alpha1", "tokenquotas", "TokenQuota"};
inline constexpr Resource kPriceBooks{"penstock.dev", "v1alpha1", "pricebooks", "PriceBook",
                                      Scope::kCluster};
inline constexpr Resource kAcceleratorProfiles{"penstock.dev", "v1alpha1", "acceleratorprofiles",
                                               "AcceleratorProfile", Scope::kCluster};
inline constexpr Resource kLandingZones{"penstock.dev", "v1alpha1", "landingzones", "LandingZone",
                                        Scope::kCluster};
inline constexpr Resource kChargebackReports{"penstock.dev", "v1alpha1", "chargebackreports",
                                             "ChargebackReport"};
}  // namespace resources

}  // namespace penstock::kube

template <>
struct std::hash<penstock::kube::ObjectKey> {
  std::size_t operator()(const penstock::kube::ObjectKey& key) const noexcept {
    const std::size_t first = std::hash<std::string>{}(key.name_space);
    return std::hash<std::string>{}(key.name) ^ (first + 0x9e3779b97f4a7c15U + (first << 6U));
  }
};
