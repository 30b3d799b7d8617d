#pragma once
// What one choice will say and why it will end, decided before its first token: the model is
// simulated, so its answer can be known. Knows requests and limits; must not know time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api_error.h"
#include "engine/request.h"

namespace penstock::engine {

enum class FinishReason : std::uint8_t { kStop, kLength };
[[nodiscard]] std::string_view to_string(FinishReason reason);

struct OutputPlan {
  std::vector<TokenId> tokens;  ///< at least one; kEndOfText at the end if the model ends by itself
  std::size_t visible_bytes = 0;  ///< of the text: a stop string cuts it
  FinishReason finish = FinishReason::kStop;
  std::optional<std::string> stop_reason;  ///< the stop string that ended it
};

struct OutputLimits {
  std::uint64_t seed = 0;              ///< the engine's, unless the request has its own
  std::uint32_t default_output = 128;  ///< mean length of an answer that nobody limits
  std::uint32_t max_model_len = 0;
};

/// 400 if prompt and answer do not fit into the context, in vLLM's words.
[[nodiscard]] ApiResult<void> check_context(const GenerationRequest& request,
                                            std::size_t prompt_tokens, const OutputLimits& limits);

/// Precondition: check_context(). `choice` tells the choices of one prompt apart.
[[nodiscard]] OutputPlan plan_output(const GenerationRequest& request,
                                     const std::vector<TokenId>& prompt, std::uint32_t choice,
                                     const OutputLimits& limits);

/// Walks over a plan's text as its tokens come.
class TextCursor {
 public:
  /// Appends the text of the plan's next token; nothing behind the cut.
  void append_next(const OutputPlan& plan, std::string& out);
  [[nodiscard]] std::uint32_t tokens() const { return tokens_; }

 private:
  std::uint32_t tokens_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace penstock::engine
