#pragma once
// What a client is told when a call does not succeed: an HTTP status and OpenAI's error object, so
// that the official clients raise the exception class that they have for it. Pure; knows no
// sockets.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::gateway {

struct ApiError {
  int status = 500;
  std::string_view type;   ///< "invalid_request_error", "rate_limit_error", "server_error", …
  std::string_view code;   ///< "model_not_found", …; empty = null
  std::string_view param;  ///< the field at fault; empty = null
  std::string message;     ///< names the value and the remedy
  std::optional<std::chrono::milliseconds> retry_after;
};

/// `{"error":{"message":…,"type":…,"param":…,"code":…}}`
[[nodiscard]] std::string error_json(const ApiError& error);

/// The same as an event of a stream that has begun: `data: {…}\n\n`.
[[nodiscard]] std::string error_event(const ApiError& error);

/// For errors that the HTTP codec itself answers (net::ServerOptions::error_body).
[[nodiscard]] std::string codec_error_body(int status, std::string_view message);

// The errors of the gateway's own, one function each: one place to see what clients can meet.
[[nodiscard]] ApiError bad_request(std::string message, std::string_view param = {},
                                   std::string_view code = {});
[[nodiscard]] ApiError missing_key();
[[nodiscard]] ApiError unknown_key();
[[nodiscard]] ApiError expired_key();
[[nodiscard]] ApiError not_through_front_door();
[[nodiscard]] ApiError model_forbidden(std::string_view model);
[[nodiscard]] ApiError model_unknown(std::string_view model);
[[nodiscard]] ApiError path_unknown(std::string_view path);
[[nodiscard]] ApiError path_not_implemented(std::string_view path);
[[nodiscard]] ApiError method_not_allowed(std::string_view method, std::string_view allow);
[[nodiscard]] ApiError body_too_large(std::uint64_t limit);
[[nodiscard]] ApiError too_many_streams(std::uint32_t limit);
[[nodiscard]] ApiError draining();
[[nodiscard]] ApiError all_throttled(std::string_view model,
                                     std::optional<std::chrono::milliseconds> wait);
[[nodiscard]] ApiError none_available(std::string_view model,
                                      std::optional<std::chrono::milliseconds> wait);
/// No endpoint appeared while the call waited for the first one.
[[nodiscard]] ApiError start_timeout(std::string_view model, std::chrono::milliseconds waited,
                                     std::chrono::milliseconds retry_after);
/// All endpoints stayed full while the call waited in its route's queue.
[[nodiscard]] ApiError queue_timeout(std::string_view model, std::chrono::milliseconds waited,
                                     std::optional<std::chrono::milliseconds> wait);
[[nodiscard]] ApiError queue_full(std::string_view model, std::uint32_t depth,
                                  std::optional<std::chrono::milliseconds> wait);
[[nodiscard]] ApiError waiting_calls_too_large(std::uint64_t limit);
[[nodiscard]] ApiError upstream_failed(std::string_view model);
[[nodiscard]] ApiError upstream_timeout(std::string_view model);
[[nodiscard]] ApiError stream_broken();
[[nodiscard]] ApiError stream_stalled();
[[nodiscard]] ApiError stream_truncated();
[[nodiscard]] ApiError request_timeout();

}  // namespace penstock::gateway
