#pragma once
// The reasons in conditions and events of Consumers, each with what to do about it. The one table:
// docs/reference/reasons.md is made from it.

#include <array>
#include <string_view>

namespace penstock::controller::consumer {

struct Reason {
  std::string_view name;
  std::string_view meaning;
  std::string_view remedy;
};

inline constexpr std::string_view kAccepted = "Accepted";
inline constexpr std::string_view kPartlyAccepted = "SomeCredentialsUnusable";
inline constexpr std::string_view kActive = "Active";
inline constexpr std::string_view kSuspended = "Suspended";
inline constexpr std::string_view kExpired = "Expired";

inline constexpr std::array kReasons{
    Reason{kAccepted, "All credentials can be used.", ""},
    Reason{kPartlyAccepted, "At least one credential can be used, and at least one cannot.",
           "Read status.credentials."},
    Reason{kActive, "Calls with a credential of this Consumer are let in.", ""},
    Reason{kSuspended, "spec.suspended refuses all calls.", "Set it to false."},
    Reason{kExpired, "spec.expiresAt has passed.", "Move it into the future."},
    Reason{"SecretNotFound", "A Secret, or the key in it, does not exist.",
           "Create it; the message names both."},
    Reason{"EmptyKey", "The Secret holds no text under the key.", "Write the API key there."},
    Reason{"KeyShared", "Another Consumer has the same API key and keeps it.",
           "Give each Consumer a key of its own."},
    Reason{"NotSupported", "This version's gateways do not know this kind of credential.",
           "Use apiKeySecretRef."},
    Reason{"Ready", "All conditions are met.", ""},
};

}  // namespace penstock::controller::consumer
