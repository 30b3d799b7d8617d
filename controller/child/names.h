#pragma once
// What children are called and labelled: pure, deterministic, one place. Knows lengths that
// Kubernetes allows; knows nothing of what a child contains.
//
// A gateway finds the addresses of an engine by the Service engine_name(deployment); pods, slices
// and everything else made for a ModelDeployment carry the label kDeploymentLabel.

#include <string>
#include <string_view>

namespace penstock::controller::child {

inline constexpr std::string_view kNameLabel = "app.kubernetes.io/name";
inline constexpr std::string_view kInstanceLabel = "app.kubernetes.io/instance";
inline constexpr std::string_view kComponentLabel = "app.kubernetes.io/component";
inline constexpr std::string_view kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kManagedBy = "penstock";
inline constexpr std::string_view kDeploymentLabel = "penstock.dev/model-deployment";
inline constexpr std::string_view kGatewayLabel = "penstock.dev/inference-gateway";

/// Names of Services and pods may have 63 characters, and a pod's name gets 17 more than its
/// Deployment's.
inline constexpr std::size_t kLongestChildName = 46;

/// `owner` + "-" + `suffix` as a DNS label: dots become dashes, a leading digit gets an "m" before
/// it, and a name that had to be changed or cut ends in eight characters of its hash.
[[nodiscard]] std::string child_name(std::string_view owner, std::string_view suffix);

/// Deployment, Service, ServiceAccount and PodDisruptionBudget of an engine.
[[nodiscard]] std::string engine_name(std::string_view model_deployment);

/// `name` as the value of a label: itself, or cut and hashed when it is longer than 63.
[[nodiscard]] std::string label_value(std::string_view name);

}  // namespace penstock::controller::child
