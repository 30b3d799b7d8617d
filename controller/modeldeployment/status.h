#pragma once
// What a pass found, as the status that users read: pure. All conditions of the variant (engine,
// provider, client) are always there, and Ready sums them up.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/condition/announcements.h"
#include "controller/condition/finding.h"
#include "controller/modeldeployment/decide.h"
#include "controller/modeldeployment/observe.h"
#include "crd/generated/model_deployment.h"
#include "kube/object.h"

namespace penstock::controller::modeldeployment {

/// `failure` is why the children could not be applied, if so.
[[nodiscard]] crd::model_deployment::Status status_of(
    const Input& input, const Plan& plan, const std::optional<condition::Finding>& failure);

/// The apply configuration for the status subresource. Holds only what this controller owns: not
/// what the autoscaler measures, decides and says (controller/autoscaler).
[[nodiscard]] kube::Object status_intent(const crd::ModelDeployment& object,
                                         const crd::model_deployment::Status& status);

/// What users are told in events.
[[nodiscard]] std::vector<condition::Announcement> news(const crd::model_deployment::Status& before,
                                                        const crd::model_deployment::Status& after);

}  // namespace penstock::controller::modeldeployment
