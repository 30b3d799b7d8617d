#include "engine/api_error.h"

#include <utility>

#include "base/log.h"

namespace penstock::engine {
namespace {

std::string_view type_of(int status) {
  switch (status) {
    case 400:
      return "BadRequestError";
    case 401:
      return "AuthenticationError";
    case 404:
      return "NotFoundError";
    case 405:
      return "MethodNotAllowedError";
    case 408:
      return "RequestTimeoutError";
    case 413:
      return "RequestEntityTooLargeError";
    case 429:
      return "RateLimitError";
    case 503:
      return "ServiceUnavailableError";
    default:
      return status >= 500 ? "InternalServerError" : "BadRequestError";
  }
}

}  // namespace

std::string ApiError::body() const {
  std::string out = R"({"error":{"message":)";
  log::append_json_string(out, message);
  out += R"(,"type":)";
  log::append_json_string(out, type);
  out += R"(,"param":)";
  if (param.empty()) {
    out += "null";
  } else {
    log::append_json_string(out, param);
  }
  out += R"(,"code":)" + std::to_string(status) + "}}";
  return out;
}

ApiError bad_request(std::string message, std::string param) {
  return {.message = std::move(message), .param = std::move(param)};
}

ApiError unknown_model(std::string_view model) {
  return {.status = 404,
          .type = "NotFoundError",
          .message = "The model `" + std::string(model) + "` does not exist.",
          .param = "model"};
}

ApiError status_error(int status, std::string message) {
  return {.status = status, .type = std::string(type_of(status)), .message = std::move(message)};
}

}  // namespace penstock::engine
