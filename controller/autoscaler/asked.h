#pragma once
// What the owner of a ModelDeployment asks of its scaling, read once for each version of the
// object. Pure; knows specs and profiles, no measurement.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "crd/generated/accelerator_profile.h"
#include "crd/generated/model_deployment.h"
#include "scaling/settings.h"

namespace penstock::controller::autoscaler {

struct Asked {
  scaling::Settings settings;
  std::optional<std::int32_t> fixed;  ///< spec.replicas: somebody else decides
  bool configured = false;            ///< spec.scaling is there
  std::int64_t generation = 0;
  std::int32_t port = 8000;  ///< of the engine, its metrics too
  std::string metrics_path;
  crd::model_deployment::EngineType engine = crd::model_deployment::EngineType::kVLLM;
};

/// The object has an engine.
[[nodiscard]] Asked read_asked(const crd::ModelDeployment& object,
                               std::span<const crd::AcceleratorProfile> profiles);

/// What a replica can do before it was measured: by the profile's own figures for the model, else
/// from the sizes of the model and of the accelerators. `status.plan` says how many there are.
[[nodiscard]] scaling::CapacityPrior capacity_prior(
    const crd::ModelDeployment& object, std::span<const crd::AcceleratorProfile> profiles);

}  // namespace penstock::controller::autoscaler
