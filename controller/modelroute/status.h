#pragma once
// What a pass found, as the status that users read: pure.

#include <vector>

#include "controller/condition/announcements.h"
#include "controller/modelroute/decide.h"
#include "crd/generated/model_route.h"
#include "kube/object.h"

namespace penstock::controller::modelroute {

[[nodiscard]] crd::model_route::Status status_of(const Input& input, const Plan& plan);

/// The apply configuration for the status subresource.
[[nodiscard]] kube::Object status_intent(const crd::ModelRoute& object,
                                         const crd::model_route::Status& status);

/// What users are told in events.
[[nodiscard]] std::vector<condition::Announcement> news(const crd::model_route::Status& before,
                                                        const crd::model_route::Status& after);

}  // namespace penstock::controller::modelroute
