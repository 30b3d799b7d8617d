#pragma once
// What the API server says when it says no: metav1.Status as our one error type. Pure.
//
// Source: k8s.io/apimachinery/pkg/api/errors and metav1.StatusReason.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "json/value.h"
#include "kube/transport.h"

namespace penstock::kube {

struct ApiStatus {
  int code = 0;
  std::string reason;  ///< "AlreadyExists", "Expired", …; empty when there was no Status
  std::string message;
  struct Cause {
    std::string reason;
    std::string field;
    std::string message;
  };
  std::vector<Cause> causes;
  std::optional<std::chrono::seconds> retry_after;

  [[nodiscard]] bool has_cause(std::string_view reason) const;
};

/// From a Status object (an answer's body, or the object of an ERROR event).
[[nodiscard]] ApiStatus read_status(const json::Value& status);

/// From any answer that is not 2xx, with or without a Status in it.
[[nodiscard]] ApiStatus read_status(const HttpResponse& response);

/// `doing` starts the message: "applying Deployment team-a/engine". Codes: 404 kNotFound, 409
/// kAlreadyExists or kConflict, 410 kGone, 422 and 400 kInvalid, 401, 403 (kQuotaExceeded when a
/// ResourceQuota says no), 413 kTooLarge, 429 kTooManyRequests, 504 kTimeout, other 5xx
/// kUnavailable.
[[nodiscard]] Error to_error(const ApiStatus& status, std::string_view doing);

}  // namespace penstock::kube
