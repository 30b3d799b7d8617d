#include "engine/answer.h"

#include <iterator>

#include <fmt/format.h>

#include "base/log.h"
#include "engine/embedding.h"

namespace penstock::engine {
namespace {

void append_header(std::string& out, const AnswerContext& context, std::string_view object) {
  out += R"({"id":)";
  log::append_json_string(out, context.id);
  out += R"(,"object":")";
  out += object;
  fmt::format_to(std::back_inserter(out), R"(","created":{},"model":)", context.created);
  log::append_json_string(out, context.model);
}

void append_stop_reason(std::string& out, const std::optional<std::string>& reason) {
  if (reason) {
    log::append_json_string(out, *reason);
  } else {
    out += "null";
  }
}

void append_choice(std::string& out, Endpoint endpoint, const ChoiceAnswer& choice) {
  fmt::format_to(std::back_inserter(out), R"({{"index":{},)", choice.index);
  if (endpoint == Endpoint::kChat) {
    out += R"("message":{"role":"assistant","content":)";
    log::append_json_string(out, choice.text);
    out += R"(,"refusal":null,"tool_calls":[]})";
  } else {
    out += R"("text":)";
    log::append_json_string(out, choice.text);
  }
  out += R"(,"logprobs":null,"finish_reason":")";
  out += to_string(choice.finish);
  out += R"(","stop_reason":)";
  append_stop_reason(out, choice.stop_reason);
  out += '}';
}

void append_model(std::string& out, const ModelCard& card, std::string_view name) {
  out += R"({"id":)";
  log::append_json_string(out, name);
  fmt::format_to(std::back_inserter(out),
                 R"(,"object":"model","created":{},"owned_by":"vllm","root":)", card.created);
  log::append_json_string(out, card.root);
  fmt::format_to(std::back_inserter(out), R"(,"parent":null,"max_model_len":{},"permission":[]}})",
                 card.max_model_len);
}

}  // namespace

void append_usage(std::string& out, const Usage& usage) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"prompt_tokens":{},"total_tokens":{},"completion_tokens":{},)"
                 R"("prompt_tokens_details":{{"cached_tokens":{}}}}})",
                 usage.prompt_tokens, usage.prompt_tokens + usage.completion_tokens,
                 usage.completion_tokens, usage.cached_tokens);
}

std::string generation_answer(const AnswerContext& context,
                              const std::vector<ChoiceAnswer>& choices, const Usage& usage) {
  std::string out;
  append_header(out, context,
                context.endpoint == Endpoint::kChat ? "chat.completion" : "text_completion");
  out += R"(,"choices":[)";
  for (const ChoiceAnswer& choice : choices) {
    if (out.back() != '[') {
      out += ',';
    }
    append_choice(out, context.endpoint, choice);
  }
  out += R"(],"service_tier":null,"system_fingerprint":null,"usage":)";
  append_usage(out, usage);
  out += '}';
  return out;
}

StreamWriter::StreamWriter(const AnswerContext& context)
    : chat_(context.endpoint == Endpoint::kChat), head_("data: ") {
  append_header(head_, context, chat_ ? "chat.completion.chunk" : "text_completion");
  head_ += R"(,"choices":[)";
}

namespace {

void append_index(std::string& out, std::uint32_t choice) {
  out += R"({"index":)";
  fmt::format_to(std::back_inserter(out), "{}", choice);
}

void end_event(std::string& out, const Usage* usage) {
  if (usage == nullptr) {
    out += "]}\n\n";
    return;
  }
  out += R"(],"usage":)";
  append_usage(out, *usage);
  out += "}\n\n";
}

}  // namespace

void StreamWriter::role(std::string& out, std::uint32_t choice, const Usage* usage) const {
  out += head_;
  append_index(out, choice);
  out += R"(,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null})";
  end_event(out, usage);
}

void StreamWriter::token(std::string& out, std::uint32_t choice, std::string_view text,
                         const Ending* ending, const Usage* usage) const {
  out += head_;
  append_index(out, choice);
  out += chat_ ? R"(,"delta":{"content":)" : R"(,"text":)";
  log::append_json_string(out, text);
  out += chat_ ? R"(},"logprobs":null,"finish_reason":)" : R"(,"logprobs":null,"finish_reason":)";
  if (ending == nullptr) {
    out += chat_ ? "null}" : R"(null,"stop_reason":null})";
  } else {
    out += '"';
    out += to_string(ending->finish);
    out += R"(","stop_reason":)";
    append_stop_reason(out, *ending->stop_reason);
    out += '}';
  }
  end_event(out, usage);
}

void StreamWriter::usage(std::string& out, const Usage& usage) const {
  out += head_;
  end_event(out, &usage);
}

void StreamWriter::done(std::string& out) const {
  out += "data: [DONE]\n\n";
}

std::string embedding_answer(const AnswerContext& context, const EmbeddingAnswer& answer) {
  std::string out;
  append_header(out, context, "list");
  out += R"(,"data":[)";
  for (std::size_t i = 0; i < answer.vectors.size(); ++i) {
    fmt::format_to(std::back_inserter(out), R"({}{{"index":{},"object":"embedding","embedding":)",
                   i == 0 ? "" : ",", i);
    if (answer.base64) {
      out += '"' + base64_of(answer.vectors[i]) + '"';
    } else {
      fmt::format_to(std::back_inserter(out), "[{}]", fmt::join(answer.vectors[i], ","));
    }
    out += '}';
  }
  fmt::format_to(std::back_inserter(out),
                 R"(],"usage":{{"prompt_tokens":{0},"total_tokens":{0},"completion_tokens":0,)"
                 R"("prompt_tokens_details":null}}}})",
                 answer.prompt_tokens);
  return out;
}

std::string model_answer(const ModelCard& card, std::string_view name) {
  std::string out;
  append_model(out, card, name);
  return out;
}

std::string model_list_answer(const ModelCard& card) {
  std::string out = R"({"object":"list","data":[)";
  for (const std::string& name : card.names) {
    if (out.back() != '[') {
      out += ',';
    }
    append_model(out, card, name);
  }
  out += "]}";
  return out;
}

std::string tokenize_answer(const std::vector<TokenId>& tokens, bool with_strings,
                            std::uint32_t max_model_len) {
  std::string out = fmt::format(R"({{"count":{},"max_model_len":{},"tokens":[{}],"token_strs":)",
                                tokens.size(), max_model_len, fmt::join(tokens, ","));
  if (!with_strings) {
    return out + "null}";
  }
  out += '[';
  std::string text;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    text.clear();
    append_text(text, tokens[i]);
    out += i == 0 ? "" : ",";
    log::append_json_string(out, text);
  }
  return out + "]}";
}

std::string detokenize_answer(const std::vector<TokenId>& tokens) {
  std::string text;
  for (const TokenId token : tokens) {
    append_text(text, token);
  }
  std::string out = R"({"prompt":)";
  log::append_json_string(out, text);
  return out + '}';
}

}  // namespace penstock::engine
