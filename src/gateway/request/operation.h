#pragma once
// What a request line asks for: one of the API's operations, in OpenAI's or Azure's path form.
// Pure; knows paths and methods, not bodies, keys or routes.

#include <string>
#include <string_view>

#include "net/http_head.h"

namespace penstock::gateway {

enum class Operation {
  kChat,
  kCompletion,
  kEmbedding,
  kListModels,
  kGetModel,
  kLive,
  kReady,
  kPreflight,         ///< CORS
  kMethodNotAllowed,  ///< a path of ours with another method
  kNotImplemented,    ///< a path of OpenAI's API that this gateway does not serve
  kNotFound,
};

struct Asked {
  Operation operation = Operation::kNotFound;
  std::string
      model;  ///< decoded from the path: Azure's deployment, or the model of kGetModel; else empty
  std::string_view allow;  ///< for kMethodNotAllowed
};

/// Fills `asked` (reused between calls, so that its string keeps its memory).
void match_operation(net::Method method, std::string_view path, Asked& asked);

[[nodiscard]] constexpr bool is_inference(Operation operation) noexcept {
  return operation == Operation::kChat || operation == Operation::kCompletion ||
         operation == Operation::kEmbedding;
}

/// gen_ai.operation.name of the OpenTelemetry conventions; empty for the others.
[[nodiscard]] std::string_view operation_name(Operation operation) noexcept;

/// %XX → byte; a broken escape stays as it is.
void percent_decode(std::string_view text, std::string& out);

}  // namespace penstock::gateway
