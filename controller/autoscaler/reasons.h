#pragma once
// The reasons in the condition ScalingActive and in the events about scaling, each with what to do
// about it: docs/autoscaling.md has them in words.

#include <array>
#include <string_view>

namespace penstock::controller::autoscaler {

struct Reason {
  std::string_view name;
  std::string_view meaning;
  std::string_view remedy;
};

// The condition.
inline constexpr std::string_view kActive = "Active";
inline constexpr std::string_view kAsleep = "Asleep";
inline constexpr std::string_view kAtMaximum = "AtMaxReplicas";
inline constexpr std::string_view kObjectivesUnreachable = "ObjectivesUnreachable";
inline constexpr std::string_view kMetricsUnavailable = "MetricsUnavailable";
inline constexpr std::string_view kFixedReplicas = "FixedReplicas";
inline constexpr std::string_view kNotConfigured = "ScalingNotConfigured";
inline constexpr std::string_view kDryRun = "DryRun";

// Events only.
inline constexpr std::string_view kScaledUp = "ScaledUp";
inline constexpr std::string_view kScaledDown = "ScaledDown";
inline constexpr std::string_view kScaledToZero = "ScaledToZero";
inline constexpr std::string_view kWoken = "Woken";
inline constexpr std::string_view kRecommended = "ScalingRecommended";

inline constexpr std::array kReasons{
    Reason{kActive, "The load decides how many replicas run.", ""},
    Reason{kAsleep, "No replica runs because nobody calls; the next call wakes the model.",
           "To keep one running, set scaling.minReplicas to 1 or more."},
    Reason{kAtMaximum, "More replicas are needed than may run.", "Raise scaling.maxReplicas."},
    Reason{kObjectivesUnreachable, "No number of replicas can meet scaling.slo with this load.",
           "Relax scaling.slo, or use faster accelerators."},
    Reason{kMetricsUnavailable,
           "What engines or gateways measure cannot be used, so no replica is taken away.",
           "The message names who is silent and how."},
    Reason{kFixedReplicas, "spec.replicas fixes the number of replicas: somebody else decides.",
           "Remove spec.replicas to hand scaling back to Penstock."},
    Reason{kNotConfigured, "spec.scaling is not set, so one replica runs.",
           "Set scaling.maxReplicas to let the load decide."},
    Reason{kDryRun, "scaling.dryRun is set: the autoscaler decides and tells, and changes nothing.",
           "Compare status.recommendedReplicas with what runs; remove scaling.dryRun to let the "
           "load decide."},
    Reason{kScaledUp, "Replicas are added; the message says which measurement asked for it.", ""},
    Reason{kScaledDown, "Replicas are taken away; they finish the calls that they have.", ""},
    Reason{kScaledToZero, "Nobody called for scaling.behavior.sleepAfter: the model sleeps.", ""},
    Reason{kWoken, "A call came while no replica ran; it waits for the first one.", ""},
    Reason{kRecommended,
           "What the autoscaler would have done now; scaling.dryRun keeps it from it.", ""},
};

}  // namespace penstock::controller::autoscaler
