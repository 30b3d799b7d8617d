#pragma once
// Where engines can be called: their EndpointSlices as the snapshot compiler wants them. Pure.

#include <string>
#include <vector>

#include "controller/snapshot/resources.h"
#include "kube/object.h"

namespace penstock::controller::inferencegateway {

/// Pods that are ready take calls; pods that end but still answer are draining and finish what they
/// have; others are known and take nothing. A pod that two slices name counts once.
[[nodiscard]] snapshot::Endpoints endpoints_of(const std::vector<crd::ModelDeployment>& deployments,
                                               const std::vector<kube::Object>& slices);

}  // namespace penstock::controller::inferencegateway
