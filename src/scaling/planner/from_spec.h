#pragma once
// What the API's objects say, as the planner's wish and hardware. Knows their types; decides
// nothing.

#include "crd/generated/accelerator_profile.h"
#include "crd/generated/model_deployment.h"
#include "scaling/planner/wish.h"

namespace penstock::scaling::planner {

[[nodiscard]] ModelShape shape_of(const crd::model_deployment::Architecture& architecture);

/// The shape stays empty where the model does not give its architecture.
[[nodiscard]] Wish wish_of(const crd::model_deployment::Model& model,
                           const crd::model_deployment::Engine& engine);

[[nodiscard]] Hardware hardware_of(const crd::AcceleratorProfile& profile);

}  // namespace penstock::scaling::planner
