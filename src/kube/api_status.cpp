#include "kube/api_status.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "json/parse.h"
#include "kube/fields.h"

namespace penstock::kube {
namespace {

constexpr std::size_t kMostBodyShown = 300;

struct ReasonRow {
  std::string_view reason;
  Code code;
};
constexpr std::array kReasons{
    ReasonRow{"NotFound", Code::kNotFound},
    ReasonRow{"AlreadyExists", Code::kAlreadyExists},
    ReasonRow{"Conflict", Code::kConflict},
    ReasonRow{"Gone", Code::kGone},
    ReasonRow{"Expired", Code::kGone},
    ReasonRow{"Invalid", Code::kInvalid},
    ReasonRow{"BadRequest", Code::kInvalid},
    ReasonRow{"MethodNotAllowed", Code::kInvalid},
    ReasonRow{"NotAcceptable", Code::kInvalid},
    ReasonRow{"UnsupportedMediaType", Code::kInvalid},
    ReasonRow{"Unauthorized", Code::kUnauthenticated},
    ReasonRow{"Forbidden", Code::kForbidden},
    ReasonRow{"TooManyRequests", Code::kTooManyRequests},
    ReasonRow{"RequestEntityTooLarge", Code::kTooLarge},
    ReasonRow{"ServerTimeout", Code::kUnavailable},
    ReasonRow{"Timeout", Code::kTimeout},
    ReasonRow{"InternalError", Code::kUnavailable},
    ReasonRow{"ServiceUnavailable", Code::kUnavailable},
    ReasonRow{"StoreReadError", Code::kUnavailable},
};

Code code_of(const ApiStatus& status) {
  for (const ReasonRow& row : kReasons) {
    if (row.reason == status.reason) {
      return row.code;
    }
  }
  switch (status.code) {
    case 400:
    case 405:
    case 406:
    case 415:
    case 422:
      return Code::kInvalid;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kForbidden;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kConflict;
    case 410:
      return Code::kGone;
    case 413:
      return Code::kTooLarge;
    case 429:
      return Code::kTooManyRequests;
    case 504:
      return Code::kTimeout;
    default:
      return status.code >= 500 ? Code::kUnavailable : Code::kInternal;
  }
}

std::optional<std::chrono::seconds> seconds_of(std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(value);
}

}  // namespace

bool ApiStatus::has_cause(std::string_view wanted) const {
  return std::ranges::any_of(causes, [&](const Cause& cause) { return cause.reason == wanted; });
}

ApiStatus read_status(const json::Value& value) {
  ApiStatus status;
  status.code = static_cast<int>(integer_at(value, "code").value_or(0));
  status.reason = text_at(value, "reason");
  status.message = text_at(value, "message");
  const json::Value* details = member(value, "details");
  if (details == nullptr) {
    return status;
  }
  const auto wait = integer_at(*details, "retryAfterSeconds").value_or(0);
  if (wait > 0) {
    status.retry_after = std::chrono::seconds(wait);
  }
  const json::Value* causes = member(*details, "causes");
  if (causes != nullptr && causes->is_array()) {
    for (const json::Value& cause : *causes) {
      status.causes.push_back(
          {text_at(cause, "reason"), text_at(cause, "field"), text_at(cause, "message")});
    }
  }
  return status;
}

ApiStatus read_status(const HttpResponse& response) {
  ApiStatus status;
  if (const auto body = json::parse(response.body);
      body && body->is_object() && text_at(*body, "kind") == "Status") {
    status = read_status(*body);
  } else {
    status.message = response.body.substr(0, kMostBodyShown);
  }
  status.code = response.status;
  if (const auto wait = seconds_of(response.header("Retry-After"))) {
    status.retry_after = wait;
  }
  return status;
}

Error to_error(const ApiStatus& status, std::string_view doing) {
  Code code = code_of(status);
  if (code == Code::kForbidden && status.message.find("exceeded quota") != std::string::npos) {
    code = Code::kQuotaExceeded;
  }
  std::string message(doing);
  message += ": ";
  message += status.message.empty() ? "HTTP " + std::to_string(status.code) : status.message;
  for (const ApiStatus::Cause& cause : status.causes) {
    // Most messages repeat their causes; add only those that they leave out.
    if (!cause.message.empty() && status.message.find(cause.message) == std::string::npos) {
      message += "; " + (cause.field.empty() ? "" : cause.field + ": ") + cause.message;
    }
  }
  Error error(code, std::move(message));
  if (status.retry_after) {
    return std::move(error).with_retry_after(*status.retry_after);
  }
  return error;
}

}  // namespace penstock::kube
