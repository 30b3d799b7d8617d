#pragma once
// The JSON of answers, whole and streamed, in vLLM's shapes. Knows text only; must not know engines
// or sockets.
//
// A stream's event is a constant prefix, the escaped text and a constant suffix:
//
//   StreamWriter writer(context);
//   writer.role(out, choice);  writer.token(out, choice, " blue", nullptr);  writer.done(out);

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/output_plan.h"
#include "engine/request.h"

namespace penstock::engine {

/// Who answers which call.
struct AnswerContext {
  Endpoint endpoint = Endpoint::kChat;
  std::string id;  ///< "chatcmpl-…" or "cmpl-…"
  std::int64_t created = 0;
  std::string model;
};

struct Usage {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t completion_tokens = 0;
  std::uint64_t cached_tokens = 0;
};

struct ChoiceAnswer {
  std::uint32_t index = 0;
  std::string text;
  FinishReason finish = FinishReason::kStop;
  std::optional<std::string> stop_reason = {};
};

[[nodiscard]] std::string generation_answer(const AnswerContext& context,
                                            const std::vector<ChoiceAnswer>& choices,
                                            const Usage& usage);

class StreamWriter {
 public:
  explicit StreamWriter(const AnswerContext& context);

  struct Ending {
    FinishReason finish = FinishReason::kStop;
    const std::optional<std::string>* stop_reason = nullptr;
  };

  /// Chat only: the first event of a choice.
  void role(std::string& out, std::uint32_t choice, const Usage* usage) const;
  /// One token's text. `ending` with the last one. `usage` goes along for continuous_usage_stats.
  void token(std::string& out, std::uint32_t choice, std::string_view text, const Ending* ending,
             const Usage* usage) const;
  /// The event with empty choices that include_usage asks for.
  void usage(std::string& out, const Usage& usage) const;
  void done(std::string& out) const;

 private:
  bool chat_;
  std::string head_;  ///< data: {…,"choices":[
};

/// {"prompt_tokens":…,"total_tokens":…,"completion_tokens":…,"prompt_tokens_details":{…}}
void append_usage(std::string& out, const Usage& usage);

struct EmbeddingAnswer {
  std::vector<std::vector<float>> vectors;
  std::uint64_t prompt_tokens = 0;
  bool base64 = false;
};
[[nodiscard]] std::string embedding_answer(const AnswerContext& context,
                                           const EmbeddingAnswer& answer);

struct ModelCard {
  std::vector<std::string> names;  ///< as served
  std::string root;                ///< --model
  std::int64_t created = 0;
  std::uint32_t max_model_len = 0;
};
[[nodiscard]] std::string model_answer(const ModelCard& card, std::string_view name);
[[nodiscard]] std::string model_list_answer(const ModelCard& card);

[[nodiscard]] std::string tokenize_answer(const std::vector<TokenId>& tokens, bool with_strings,
                                          std::uint32_t max_model_len);
[[nodiscard]] std::string detokenize_answer(const std::vector<TokenId>& tokens);

}  // namespace penstock::engine
