#include "gateway/response/api_error.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace penstock::gateway {
namespace {

constexpr std::string_view kInvalidRequest = "invalid_request_error";
constexpr std::string_view kServerError = "server_error";

/// Names from clients appear in messages; long ones would make large answers.
std::string_view shortened(std::string_view text) {
  constexpr std::size_t kMost = 200;
  return text.substr(0, kMost);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  log::append_json_string(out, name);
  out += ':';
  if (value.empty()) {
    out += "null";
  } else {
    log::append_json_string(out, value);
  }
}

/// A second when nobody knows; never so little that all come back at once.
std::chrono::milliseconds no_sooner_than_sensible(std::optional<std::chrono::milliseconds> wait) {
  constexpr std::chrono::milliseconds kLeast{100};
  return std::max(wait.value_or(std::chrono::seconds(1)), kLeast);
}

/// "0.2 s", "120 s"
std::string in_seconds(std::chrono::milliseconds duration) {
  constexpr double kMsPerSecond = 1'000;
  const double seconds = static_cast<double>(duration.count()) / kMsPerSecond;
  return duration < std::chrono::seconds(10) ? fmt::format("{:.1f} s", seconds)
                                             : fmt::format("{:.0f} s", seconds);
}

}  // namespace

std::string error_json(const ApiError& error) {
  std::string out = "{\"error\":{";
  append_field(out, "message", error.message);
  out += ',';
  append_field(out, "type", error.type);
  out += ',';
  append_field(out, "param", error.param);
  out += ',';
  append_field(out, "code", error.code);
  out += "}}";
  return out;
}

std::string error_event(const ApiError& error) {
  return "data: " + error_json(error) + "\n\n";
}

std::string codec_error_body(int status, std::string_view message) {
  return error_json({.status = status,
                     .type = status < 500 ? kInvalidRequest : kServerError,
                     .code = status == 413 ? "request_too_large" : "",
                     .param = {},
                     .message = std::string(message),
                     .retry_after = {}});
}

ApiError bad_request(std::string message, std::string_view param, std::string_view code) {
  return {400, kInvalidRequest, code, param, std::move(message), {}};
}

ApiError missing_key() {
  return {
      401,
      kInvalidRequest,
      "invalid_api_key",
      {},
      "You didn't provide an API key. Send it as 'Authorization: Bearer KEY' or 'api-key: KEY'.",
      {}};
}

ApiError unknown_key() {
  return {401,
          kInvalidRequest,
          "invalid_api_key",
          {},
          "Incorrect API key provided. Check the key, or ask the platform team for a new one.",
          {}};
}

ApiError expired_key() {
  return {401,
          kInvalidRequest,
          "invalid_api_key",
          {},
          "This API key's consumer has expired. Ask the platform team to extend it.",
          {}};
}

ApiError not_through_front_door() {
  return {403,
          "permission_error",
          "edge_required",
          {},
          "This gateway takes calls only through its front door. Use its public address.",
          {}};
}

ApiError model_forbidden(std::string_view model) {
  return {
      403,
      "permission_error",
      "model_not_allowed",
      "model",
      fmt::format(
          "The model `{}` is not allowed for this API key. See GET /v1/models for those that are.",
          shortened(model)),
      {}};
}

ApiError model_unknown(std::string_view model) {
  return {404,
          kInvalidRequest,
          "model_not_found",
          "model",
          fmt::format("The model `{}` does not exist. See GET /v1/models for those that do.",
                      shortened(model)),
          {}};
}

ApiError path_unknown(std::string_view path) {
  return {
      404,
      kInvalidRequest,
      "unknown_url",
      {},
      fmt::format("Unknown request URL: {}. The API is under /v1 and /openai.", shortened(path)),
      {}};
}

ApiError path_not_implemented(std::string_view path) {
  return {404,
          kInvalidRequest,
          "unsupported_url",
          {},
          fmt::format("{} is not served by this gateway: it serves chat/completions, completions, "
                      "embeddings and "
                      "models.",
                      shortened(path)),
          {}};
}

ApiError method_not_allowed(std::string_view method, std::string_view allow) {
  return {405,
          kInvalidRequest,
          "method_not_allowed",
          {},
          fmt::format("{} is not allowed here; allowed: {}.", shortened(method), allow),
          {}};
}

ApiError body_too_large(std::uint64_t limit) {
  return {413,
          kInvalidRequest,
          "request_too_large",
          {},
          fmt::format("The request body is larger than the limit of {} bytes.", limit),
          {}};
}

ApiError too_many_streams(std::uint32_t limit) {
  return {503,
          kServerError,
          "too_many_streams",
          {},
          fmt::format("This gateway serves {} calls at once and is full. Retry soon.", limit),
          std::chrono::seconds(1)};
}

ApiError draining() {
  return {503,
          kServerError,
          "draining",
          {},
          "This gateway is shutting down. Retry: another one answers.",
          std::chrono::seconds(1)};
}

ApiError all_throttled(std::string_view model, std::optional<std::chrono::milliseconds> wait) {
  return {
      429,
      "rate_limit_error",
      "rate_limit_exceeded",
      {},
      fmt::format("All deployments of `{}` are at their rate limit. Retry after the time given.",
                  shortened(model)),
      wait.value_or(std::chrono::seconds(1))};
}

ApiError none_available(std::string_view model, std::optional<std::chrono::milliseconds> wait) {
  return {503,
          kServerError,
          "no_deployment_available",
          {},
          fmt::format("No deployment of `{}` is ready. Retry soon.", shortened(model)),
          wait.value_or(std::chrono::seconds(1))};
}

ApiError start_timeout(std::string_view model, std::chrono::milliseconds waited,
                       std::chrono::milliseconds retry_after) {
  return {503,
          kServerError,
          "model_not_started",
          {},
          fmt::format("No replica of `{}` became ready in the {} that this call waited for the "
                      "first one. Retry after the time given.",
                      shortened(model), in_seconds(waited)),
          retry_after};
}

ApiError queue_timeout(std::string_view model, std::chrono::milliseconds waited,
                       std::optional<std::chrono::milliseconds> wait) {
  return {503,
          kServerError,
          "queue_timeout",
          {},
          fmt::format("All deployments of `{}` were full for the {} that this call waited in the "
                      "queue. Retry after the time given.",
                      shortened(model), in_seconds(waited)),
          no_sooner_than_sensible(wait)};
}

ApiError queue_full(std::string_view model, std::uint32_t depth,
                    std::optional<std::chrono::milliseconds> wait) {
  return {503,
          kServerError,
          "queue_full",
          {},
          fmt::format("All deployments of `{}` are full, and so is the queue for them with {} "
                      "calls. Retry after the time given.",
                      shortened(model), depth),
          no_sooner_than_sensible(wait)};
}

ApiError waiting_calls_too_large(std::uint64_t limit) {
  return {503,
          kServerError,
          "waiting_calls_too_large",
          {},
          fmt::format("No deployment can take this call now, and the calls that wait already hold "
                      "the {} bytes that this gateway allows them. Retry soon.",
                      limit),
          std::chrono::seconds(1)};
}

ApiError upstream_failed(std::string_view model) {
  return {502,
          kServerError,
          "upstream_error",
          {},
          fmt::format("The deployment of `{}` failed and no other could take the call.",
                      shortened(model)),
          {}};
}

ApiError upstream_timeout(std::string_view model) {
  return {504,
          kServerError,
          "upstream_timeout",
          {},
          fmt::format("No deployment of `{}` answered in time.", shortened(model)),
          {}};
}

ApiError stream_broken() {
  return {502,
          kServerError,
          "upstream_reset",
          {},
          "The model's stream broke off before its end. What arrived is incomplete.",
          {}};
}

ApiError stream_stalled() {
  return {504,
          kServerError,
          "upstream_idle_timeout",
          {},
          "The model's stream stalled and was given up. What arrived is incomplete.",
          {}};
}

ApiError stream_truncated() {
  return {502,
          kServerError,
          "upstream_truncated",
          {},
          "The model's stream ended without finishing. What arrived is incomplete.",
          {}};
}

ApiError request_timeout() {
  return {504,
          kServerError,
          "request_timeout",
          {},
          "The call took longer than the gateway's request timeout.",
          {}};
}

}  // namespace penstock::gateway
