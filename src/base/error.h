#pragma once
// What went wrong, for code and for a person. Knows nothing of HTTP libraries, JSON or Kubernetes.
//
// An Error has a small closed code (what the caller may do about it), a message that names the
// field or object, the value and the remedy, and context lines added on the way up. The one table
// in error.cpp maps every code to: worth a retry, HTTP status, condition reason.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

enum class Code {
  kInvalid,          ///< the input is wrong; the same call will fail again
  kUnauthenticated,  ///< we do not know who asks
  kForbidden,        ///< we know, and the answer is no
  kNotFound,
  kAlreadyExists,
  kConflict,         ///< somebody else changed it first: read again
  kGone,             ///< the position asked for no longer exists (watch expiry)
  kTooLarge,         ///< over a stated limit
  kQuotaExceeded,    ///< a budget is used up: waiting does not help before it resets
  kTooManyRequests,  ///< a rate is exceeded: retry_after says when
  kUnavailable,      ///< the other side is not there or is failing
  kTimeout,
  kCancelled,  ///< the caller went away
  kInternal,   ///< our own fault
};

struct CodeInfo {
  std::string_view name;    ///< snake_case, for logs and JSON
  std::string_view reason;  ///< CamelCase, for conditions and events
  int http_status;
  bool retryable;
};

/// The one table. Never fails: every Code has a row (a unit test walks them).
[[nodiscard]] const CodeInfo& info(Code code) noexcept;

class [[nodiscard]] Error {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] Code code() const noexcept { return code_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after() const noexcept {
    return retry_after_;
  }

  /// Adds a line of context ("while reading config/quickstart.yaml"), outermost last.
  Error&& with_context(std::string line) &&;
  Error&& with_retry_after(std::chrono::milliseconds wait) &&;

  /// "context: context: message" — outermost context first, as a person reads it.
  [[nodiscard]] std::string to_string() const;

 private:
  Code code_;
  std::string message_;
  std::optional<std::chrono::milliseconds> retry_after_;
  std::vector<std::string> context_;
};

}  // namespace penstock
