#pragma once
// What a caller is told when a call is refused, in vLLM's form of OpenAI's error object. Knows
// status codes and JSON text; must not know what was asked.

#include <expected>
#include <string>
#include <string_view>

namespace penstock::engine {

struct ApiError {
  int status = 400;
  std::string type = "BadRequestError";
  std::string message;
  std::string param = {};  ///< the field at fault; empty = null

  /// {"error":{"message":…,"type":…,"param":…,"code":…}}: vLLM's code is the status, as a number.
  [[nodiscard]] std::string body() const;
};

template <class T>
using ApiResult = std::expected<T, ApiError>;

[[nodiscard]] ApiError bad_request(std::string message, std::string param = {});
[[nodiscard]] ApiError unknown_model(std::string_view model);

/// With the type name that vLLM uses for the status.
[[nodiscard]] ApiError status_error(int status, std::string message);

}  // namespace penstock::engine
