#pragma once
// Which gateway a certificate speaks for, as the URI in its subject alternative names. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace penstock::controller::authority {

struct GatewayIdentity {
  std::string name_space;
  std::string name;  ///< of the InferenceGateway

  friend bool operator==(const GatewayIdentity&, const GatewayIdentity&) = default;
};

/// "spiffe://penstock/ns/NAMESPACE/gateway/NAME"
[[nodiscard]] std::string identity_uri(const GatewayIdentity& identity);

/// Nothing but exactly that form; names as Kubernetes allows them.
[[nodiscard]] std::optional<GatewayIdentity> parse_identity_uri(std::string_view uri);

}  // namespace penstock::controller::authority
