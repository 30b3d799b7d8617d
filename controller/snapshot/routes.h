#pragma once
// ModelRoutes with their references resolved. Knows which deployments a route may use at all:
// existing ones, shared ones, inside its residency, of one version. Knows no consumer.

#include <string_view>

#include "controller/snapshot/deployments.h"
#include "controller/snapshot/problem.h"
#include "controller/snapshot/resources.h"

namespace penstock::controller::snapshot {

/// Fills in Document::{deployments,routes} for the routes attached to `gateway` ("namespace/name"):
/// deployments that a route uses, by name; routes by precedence (precedence.h).
void apply_routes(const Resources& resources, const DeploymentTable& deployments,
                  std::string_view gateway, gateway::snapshot::Document& document,
                  Problems& problems);

}  // namespace penstock::controller::snapshot
