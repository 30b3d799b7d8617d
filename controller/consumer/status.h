#pragma once
// What a pass found, as the status that users read: pure.

#include <vector>

#include "controller/condition/announcements.h"
#include "controller/consumer/decide.h"
#include "crd/generated/consumer.h"
#include "kube/object.h"

namespace penstock::controller::consumer {

[[nodiscard]] crd::consumer::Status status_of(const Input& input, const Plan& plan);

/// The apply configuration for the status subresource.
[[nodiscard]] kube::Object status_intent(const crd::Consumer& object,
                                         const crd::consumer::Status& status);

/// What users are told in events.
[[nodiscard]] std::vector<condition::Announcement> news(const crd::consumer::Status& before,
                                                        const crd::consumer::Status& after);

}  // namespace penstock::controller::consumer
