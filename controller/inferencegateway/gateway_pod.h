#pragma once
// The pods of a gateway: the program, probes, volumes, security. Pure JSON.

#include <string_view>

#include "controller/inferencegateway/decide.h"
#include "controller/inferencegateway/desired.h"
#include "json/value.h"

namespace penstock::controller::inferencegateway {

inline constexpr std::string_view kContainerName = "gateway";
/// On the pods: which sockets they open. A change makes new pods, for a gateway opens its sockets
/// once.
inline constexpr std::string_view kListenersAnnotation = "penstock.dev/listeners";

/// A PodTemplateSpec, spec.podTemplate merged in last.
[[nodiscard]] json::Value gateway_pod(const crd::InferenceGateway& object, const Plan& plan,
                                      const Image& image);

}  // namespace penstock::controller::inferencegateway
