#pragma once
// What a pass found, as the status that users read: pure.

#include <optional>
#include <vector>

#include "controller/condition/announcements.h"
#include "controller/condition/finding.h"
#include "controller/inferencegateway/decide.h"
#include "controller/inferencegateway/observe.h"
#include "crd/generated/inference_gateway.h"
#include "kube/object.h"

namespace penstock::controller::inferencegateway {

/// `failure` is why the children could not be applied, if so.
[[nodiscard]] crd::inference_gateway::Status status_of(
    const Input& input, const Plan& plan, const std::optional<condition::Finding>& failure);

/// Every replica that says so runs the newest configuration; those that say nothing do not count.
[[nodiscard]] bool all_current(const Input& input, const Plan& plan);

/// The apply configuration for the status subresource.
[[nodiscard]] kube::Object status_intent(const crd::InferenceGateway& object,
                                         const crd::inference_gateway::Status& status);

/// What users are told in events.
[[nodiscard]] std::vector<condition::Announcement> news(
    const crd::inference_gateway::Status& before, const crd::inference_gateway::Status& after);

}  // namespace penstock::controller::inferencegateway
