#pragma once
// What each gateway makes of a ModelRoute: pure. The verdict is the snapshot compiler's, so that
// status and gateways never disagree.

#include <optional>
#include <string>
#include <vector>

#include "controller/condition/finding.h"
#include "controller/modelroute/observe.h"

namespace penstock::controller::modelroute {

struct GatewayVerdict {
  crd::ObjectRef ref;
  std::optional<condition::Finding> refused;  ///< why the gateway does not take the route
  bool programmed = false;                    ///< the gateway runs its current configuration
};

struct Plan {
  std::vector<GatewayVerdict> gateways;
  std::optional<condition::Finding> unresolved;  ///< a reference that does not lead anywhere
  std::optional<condition::Finding> ignored;     ///< a field that this version leaves out

  [[nodiscard]] bool any_accepted() const;
};

[[nodiscard]] Plan decide(const Input& input);

}  // namespace penstock::controller::modelroute
