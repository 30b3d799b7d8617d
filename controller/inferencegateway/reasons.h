#pragma once
// The reasons in conditions and events of InferenceGateways, each with what to do about it. The one
// table: docs/reference/reasons.md is made from it.

#include <array>
#include <string_view>

#include "controller/condition/report.h"

namespace penstock::controller::inferencegateway {

struct Reason {
  std::string_view name;
  std::string_view meaning;
  std::string_view remedy;
};

inline constexpr std::string_view kAccepted = "Accepted";
inline constexpr std::string_view kPartlyApplied = "PartlyApplied";
inline constexpr std::string_view kNoUsableListener = "NoUsableListener";
inline constexpr std::string_view kProgrammed = "Programmed";
inline constexpr std::string_view kStarting = "Starting";
inline constexpr std::string_view kScaledToZero = "ScaledToZero";
inline constexpr std::string_view kPropagating = "Propagating";
inline constexpr std::string_view kSnapshotTooLarge = "SnapshotTooLarge";

inline constexpr std::array kReasons{
    Reason{kAccepted, "The spec can be carried out.", ""},
    Reason{kPartlyApplied, "The spec is in force but for the part that the message names.",
           "Do what the message says."},
    Reason{kNoUsableListener, "No listener can be opened.",
           "Create the Secret with the certificate that the message names, or add a listener."},
    Reason{kProgrammed, "Ready replicas run the configuration.", ""},
    Reason{kStarting, "No replica takes calls yet.",
           "Wait; if it lasts, look at the events of the gateway's pods."},
    Reason{kScaledToZero, "No replica is wanted.", "Set spec.replicas to 1 or more."},
    Reason{kPropagating, "Not every ready replica runs the newest configuration.",
           "Wait; if it lasts, read the log of the pod that is behind."},
    Reason{kSnapshotTooLarge, "The configuration does not fit into its Secret.",
           "Spread routes and consumers over several gateways."},
    Reason{condition::kApplyFailed, "The API server refused a child.",
           "The message has the server's words; spec.podTemplate is the usual cause."},
    Reason{condition::kNotOwned,
           "An object with the name of a child exists and belongs to somebody else.",
           "Delete or rename that object."},
    Reason{"Ready", "All conditions are met.", ""},
};

}  // namespace penstock::controller::inferencegateway
