#pragma once
// JSON bodies to requests, with vLLM's defaults and refusals. Knows the API's fields; must not know
// which models are served or how long a context is.

#include <string_view>

#include "engine/api_error.h"
#include "engine/request.h"

namespace penstock::engine {

inline constexpr std::uint32_t kMostChoices = 128;
inline constexpr std::size_t kMostPrompts = 2'048;

/// Errors are all 400: no JSON, a field of a wrong type or out of range (param names it), nothing
/// to answer.
[[nodiscard]] ApiResult<GenerationRequest> parse_generation(Endpoint endpoint,
                                                            std::string_view body);
[[nodiscard]] ApiResult<EmbeddingRequest> parse_embedding(std::string_view body);
[[nodiscard]] ApiResult<TokenizeRequest> parse_tokenize(std::string_view body);
[[nodiscard]] ApiResult<DetokenizeRequest> parse_detokenize(std::string_view body);

}  // namespace penstock::engine
