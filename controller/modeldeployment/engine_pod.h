#pragma once
// The pods of an engine: containers, probes, volumes, placement, security. Pure JSON.

#include <chrono>
#include <string>
#include <string_view>

#include "controller/modeldeployment/decide.h"
#include "crd/generated/model_deployment.h"
#include "json/value.h"

namespace penstock::controller::modeldeployment {

inline constexpr std::string_view kContainerName = "engine";
inline constexpr std::string_view kPortName = "http";

inline constexpr std::chrono::seconds kStartupPeriod{2};  ///< between tries of the startup probe
inline constexpr std::chrono::seconds kBeforeStop{5};     ///< that a leaving pod goes on as before
/// An engine that was told to stop finishes the answers it has begun.
inline constexpr std::chrono::seconds kGrace{300};

/// A PodTemplateSpec, engine.podTemplate merged in last.
[[nodiscard]] json::Value engine_pod(const crd::ModelDeployment& object, const Plan& plan);

/// The cache is one claim that all replicas share; else each pod has a volume of its own.
[[nodiscard]] bool needs_claim(const crd::model_deployment::Engine& engine);
[[nodiscard]] std::string claim_name(const std::string& object_name);

}  // namespace penstock::controller::modeldeployment
