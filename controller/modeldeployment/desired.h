#pragma once
// The children of a ModelDeployment with an engine, as apply configurations: pure. Only fields that
// we own and that the server stores as written.

#include <string>
#include <vector>

#include "controller/child/child.h"
#include "controller/child/metadata.h"
#include "controller/modeldeployment/decide.h"
#include "controller/modeldeployment/observe.h"

namespace penstock::controller::modeldeployment {

/// In the order to apply them. Call only when plan.can_deploy(); none without an engine.
[[nodiscard]] std::vector<child::Child> desired(const Input& input, const Plan& plan);

/// Every child there could ever be: those not desired are removed if we own them.
[[nodiscard]] std::vector<child::Slot> all_slots(const std::string& object_name);

/// Of the pods and nothing else.
[[nodiscard]] child::Labels selector_labels(const crd::ModelDeployment& object);

/// Of every child.
[[nodiscard]] child::Labels child_labels(const crd::ModelDeployment& object);

}  // namespace penstock::controller::modeldeployment
