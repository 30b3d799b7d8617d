#pragma once
// What should be: the configuration, and how it is served. Pure, ordered checks; builds no object.

#include <cstdint>
#include <optional>
#include <string>

#include "controller/condition/finding.h"
#include "controller/inferencegateway/observe.h"
#include "controller/snapshot/compile.h"

namespace penstock::controller::inferencegateway {

/// A Secret may hold 1 MiB; base64 and metadata count.
inline constexpr std::size_t kSecretLimit = 760U << 10U;

struct Plan {
  std::optional<condition::Finding> refused;    ///< nothing can be served
  std::optional<condition::Finding> partly;     ///< served, but for this
  std::optional<condition::Finding> oversized;  ///< the configuration cannot be delivered
  gateway::snapshot::Document document;
  std::string packed;  ///< of the document, as the Secret holds it; empty when oversized
  std::int32_t replicas = 0;
  std::uint16_t admin_port = 0;

  /// Else the children that exist stay as they are: a wrong edit must not take down what works.
  [[nodiscard]] bool can_deploy() const { return !refused && !oversized; }
};

[[nodiscard]] Plan decide(const Input& input);

}  // namespace penstock::controller::inferencegateway
