#pragma once
// One ModelDeployment as the upstream that a gateway speaks to. Knows how each kind of engine and
// provider wants to be spoken to; knows no other object but the Secret with the provider's key.

#include <optional>
#include <string>
#include <vector>

#include "controller/snapshot/problem.h"
#include "controller/snapshot/secret_store.h"
#include "crd/generated/model_deployment.h"
#include "gateway/snapshot/document.h"

namespace penstock::controller::snapshot {

/// An engine of ours, at the addresses given. There may be none: calls then wait for the first as
/// scaling.coldStart (or its defaults) says.
[[nodiscard]] gateway::snapshot::Deployment engine_upstream(
    const crd::ModelDeployment& object, std::vector<gateway::snapshot::Endpoint> endpoints,
    const std::string& cluster_residency);

/// A managed endpoint. Absent, with a problem, when it cannot be called: bad address, key missing,
/// a dialect that this version does not speak.
[[nodiscard]] std::optional<gateway::snapshot::Deployment> provider_upstream(
    const crd::ModelDeployment& object, const SecretStore& secrets, Problems& problems);

}  // namespace penstock::controller::snapshot
