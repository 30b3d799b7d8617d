#pragma once
// The part of a route that needs no other object: what it matches and how it treats failures. Pure.

#include "controller/snapshot/problem.h"
#include "crd/generated/model_route.h"
#include "gateway/snapshot/document.h"

namespace penstock::controller::snapshot {

/// False when serving the route without a field that this version does not carry out would be
/// unsafe (checks on content, removal of personal data). Fields that only make it better are
/// reported and left out.
[[nodiscard]] bool may_be_served(const crd::ModelRoute& object, Problems& problems);

/// Match, balancing and resilience.
void apply_policy(const crd::ModelRoute& object, gateway::snapshot::Route& route);

[[nodiscard]] gateway::snapshot::Spill spill_of(const crd::model_route::Spill& spill);

}  // namespace penstock::controller::snapshot
