#pragma once
// What the API's bodies ask for, once JSON and defaults are behind. Records only; parse_request.h
// fills them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/tokenizer.h"

namespace penstock::engine {

enum class Endpoint : std::uint8_t { kChat, kCompletions };

struct GenerationRequest {
  Endpoint endpoint = Endpoint::kChat;
  std::string model;                          ///< empty: whichever is served
  std::vector<std::vector<TokenId>> prompts;  ///< one for chat, at least one for completions
  std::uint32_t n = 1;                        ///< choices per prompt
  std::optional<std::uint32_t> max_tokens;
  std::uint32_t min_tokens = 0;
  bool ignore_eos = false;
  std::vector<std::string> stop;
  bool include_stop = false;  ///< include_stop_str_in_output
  std::optional<std::int64_t> seed;
  std::int32_t priority = 0;
  bool echo = false;  ///< completions: the prompt's text goes before the answer
  bool stream = false;
  bool include_usage = false;
  bool continuous_usage = false;
};

struct EmbeddingRequest {
  std::string model;
  std::vector<std::vector<TokenId>> inputs;
  std::uint32_t dimensions = 0;  ///< 0: the engine's
  bool base64 = false;
};

struct TokenizeRequest {
  std::string model;
  std::vector<TokenId> tokens;
  bool with_strings = false;
};

struct DetokenizeRequest {
  std::string model;
  std::vector<TokenId> tokens;
};

}  // namespace penstock::engine
