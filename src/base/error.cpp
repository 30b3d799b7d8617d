#include "base/error.h"

#include <array>
#include <utility>

namespace penstock {
namespace {

struct Row {
  Code code;
  CodeInfo info;
};

constexpr std::array kTable{
    Row{Code::kInvalid, {"invalid", "Invalid", 400, false}},
    Row{Code::kUnauthenticated, {"unauthenticated", "Unauthenticated", 401, false}},
    Row{Code::kForbidden, {"forbidden", "Forbidden", 403, false}},
    Row{Code::kNotFound, {"not_found", "NotFound", 404, false}},
    Row{Code::kAlreadyExists, {"already_exists", "AlreadyExists", 409, false}},
    Row{Code::kConflict, {"conflict", "Conflict", 409, true}},
    Row{Code::kGone, {"gone", "Gone", 410, true}},
    Row{Code::kTooLarge, {"too_large", "TooLarge", 413, false}},
    Row{Code::kQuotaExceeded, {"quota_exceeded", "QuotaExceeded", 403, false}},
    Row{Code::kTooManyRequests, {"too_many_requests", "TooManyRequests", 429, true}},
    Row{Code::kUnavailable, {"unavailable", "Unavailable", 503, true}},
    Row{Code::kTimeout, {"timeout", "Timeout", 504, true}},
    Row{Code::kCancelled, {"cancelled", "Cancelled", 499, false}},
    Row{Code::kInternal, {"internal", "InternalError", 500, false}},
};

}  // namespace

const CodeInfo& info(Code code) noexcept {
  for (const Row& row : kTable) {
    if (row.code == code) {
      return row.info;
    }
  }
  return kTable.back().info;
}

Error&& Error::with_context(std::string line) && {
  context_.push_back(std::move(line));
  return std::move(*this);
}

Error&& Error::with_retry_after(std::chrono::milliseconds wait) && {
  retry_after_ = wait;
  return std::move(*this);
}

std::string Error::to_string() const {
  std::string out;
  for (auto line = context_.rbegin(); line != context_.rend(); ++line) {
    out += *line;
    out += ": ";
  }
  out += message_;
  return out;
}

}  // namespace penstock
