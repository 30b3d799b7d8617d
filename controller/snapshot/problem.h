#pragma once
// What the snapshot compiler found wrong, as data: conditions in a cluster, lines for a person in
// standalone. Knows neither.

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::controller::snapshot {

struct ObjectRef {
  std::string kind;
  std::string name_space;
  std::string name;
  friend auto operator<=>(const ObjectRef&, const ObjectRef&) = default;

  /// "namespace/name"
  [[nodiscard]] std::string full_name() const { return name_space + "/" + name; }
};

// Reasons, one CamelCase word each, as conditions carry them.
inline constexpr std::string_view kGatewayNotFound = "GatewayNotFound";
inline constexpr std::string_view kDeploymentNotFound = "DeploymentNotFound";
inline constexpr std::string_view kNotShared = "NotShared";
inline constexpr std::string_view kResidencyExcluded = "ResidencyExcluded";
inline constexpr std::string_view kVersionsMixed = "VersionsMixed";
inline constexpr std::string_view kNoBackends = "NoBackends";
inline constexpr std::string_view kSecretNotFound = "SecretNotFound";
inline constexpr std::string_view kEmptyKey = "EmptyKey";
inline constexpr std::string_view kKeyShared = "KeyShared";
inline constexpr std::string_view kInvalidEndpoint = "InvalidEndpoint";
inline constexpr std::string_view kNotSupported =
    "NotSupported";  ///< this version leaves the object out
inline constexpr std::string_view kNotApplied =
    "NotApplied";  ///< the object is in force without this field
inline constexpr std::string_view kFallbackLoop = "FallbackLoop";

struct Problem {
  ObjectRef object;
  std::string field;  ///< JSON pointer in the object: "/spec/tiers/0/backends/1/deploymentRef"
  std::string reason;
  std::string message;  ///< names the object, the value and the remedy
  friend auto operator<=>(const Problem&, const Problem&) = default;
};

using Problems = std::vector<Problem>;

}  // namespace penstock::controller::snapshot
