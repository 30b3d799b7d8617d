#pragma once
// The reasons in conditions and events of ModelRoutes, each with what to do about it. The one
// table: docs/reference/reasons.md is made from it.

#include <array>
#include <string_view>

namespace penstock::controller::modelroute {

struct Reason {
  std::string_view name;
  std::string_view meaning;
  std::string_view remedy;
};

inline constexpr std::string_view kAccepted = "Accepted";
inline constexpr std::string_view kPartlyApplied = "PartlyApplied";
inline constexpr std::string_view kResolvedRefs = "ResolvedRefs";
inline constexpr std::string_view kProgrammed = "Programmed";
inline constexpr std::string_view kGatewayNotProgrammed = "GatewayNotProgrammed";

inline constexpr std::array kReasons{
    Reason{kAccepted, "The gateway takes the route.", ""},
    Reason{kPartlyApplied, "The route is in force without a field that this version ignores.",
           "The message names the field."},
    Reason{kResolvedRefs, "All gateways and deployments were found and may be used.", ""},
    Reason{kProgrammed, "The route is in force at all its gateways.", ""},
    Reason{kGatewayNotProgrammed, "The gateway does not run the current configuration yet.",
           "Look at the conditions of the InferenceGateway."},
    Reason{"GatewayNotFound", "The InferenceGateway does not exist.",
           "Create it, or correct spec.gatewayRefs."},
    Reason{"DeploymentNotFound", "The ModelDeployment does not exist.",
           "Create it, or correct the name."},
    Reason{"NotShared", "The ModelDeployment of another namespace does not exist or is not shared.",
           "Its owner can add this namespace to its spec.sharedWith."},
    Reason{"ResidencyExcluded", "A deployment is outside of spec.residency and is never called.",
           "Remove it from the route, or extend residency.allow."},
    Reason{"VersionsMixed", "Deployments serve different versions of one model.",
           "Set versions: Mixed, or use one version."},
    Reason{"NoBackends", "No backend of the route can be called.",
           "Read the conditions of the ModelDeployments."},
    Reason{"NotSupported", "This version cannot carry out a field that safety depends on.",
           "Remove the field; the message names it."},
    Reason{"Ready", "All conditions are met.", ""},
};

}  // namespace penstock::controller::modelroute
