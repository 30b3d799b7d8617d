#include "engine/parse_request.h"

#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/body_fields.h"
#include "engine/chat_prompt.h"

namespace penstock::engine {
namespace {

constexpr std::int64_t kMostTokens = std::numeric_limits<std::int32_t>::max();
constexpr std::uint32_t kMostDimensions = 8'192;

std::uint32_t count(std::optional<std::int64_t> value, std::uint32_t otherwise) {
  return value ? static_cast<std::uint32_t>(*value) : otherwise;
}

std::vector<TokenId> token_ids(BodyFields& fields, std::string_view name, const json::Value& list) {
  std::vector<TokenId> out;
  out.reserve(list.size());
  for (const json::Value& item : list) {
    if (!item.is_number_unsigned() || item.get<std::uint64_t>() > std::uint64_t{kMostTokens}) {
      fields.refuse(name, "every token must be an integer from 0 to 2147483647");
      return out;
    }
    out.push_back(item.get<TokenId>());
  }
  return out;
}

/// A string, a list of strings, a list of tokens, or a list of lists of tokens.
std::vector<std::vector<TokenId>> inputs(BodyFields& fields, std::string_view name) {
  std::vector<std::vector<TokenId>> out;
  const json::Value* value = fields.find(name);
  if (value == nullptr) {
    fields.refuse(name, "Field required");
  } else if (value->is_string()) {
    out.push_back(tokenize(value->get_ref<const std::string&>()));
  } else if (!value->is_array() || value->empty()) {
    fields.refuse(name, "Input should be a valid string, or a list of strings or of tokens");
  } else if (value->front().is_number()) {
    out.push_back(token_ids(fields, name, *value));
  } else if (value->size() > kMostPrompts) {
    fields.refuse(name, "at most " + std::to_string(kMostPrompts) + " inputs in one call, got " +
                            std::to_string(value->size()));
  } else {
    for (const json::Value& item : *value) {
      if (item.is_string()) {
        out.push_back(tokenize(item.get_ref<const std::string&>()));
      } else if (item.is_array()) {
        out.push_back(token_ids(fields, name, item));
      } else {
        fields.refuse(name, "every input should be a string or a list of tokens");
        break;
      }
    }
  }
  for (const auto& input : out) {
    if (input.empty()) {
      fields.refuse(name, "the input is empty: at least one token is needed");
    }
  }
  return out;
}

void read_stop(BodyFields& fields, GenerationRequest& request) {
  const json::Value* stop = fields.find("stop");
  if (stop == nullptr) {
    return;
  }
  if (stop->is_string()) {
    request.stop.push_back(stop->get<std::string>());
  } else if (stop->is_array()) {
    for (const json::Value& item : *stop) {
      if (!item.is_string()) {
        fields.refuse("stop", "Input should be a valid string");
        return;
      }
      request.stop.push_back(item.get<std::string>());
    }
  } else {
    fields.refuse("stop", "Input should be a valid string or list of strings");
  }
  for (const std::string& text : request.stop) {
    if (text.empty()) {
      fields.refuse("stop", "stop cannot contain an empty string");
    }
  }
}

void read_streaming(BodyFields& fields, GenerationRequest& request) {
  request.stream = fields.flag("stream");
  const json::Value* options = fields.find("stream_options");
  if (options == nullptr) {
    return;
  }
  if (!request.stream) {
    fields.refuse("stream_options", "Stream options can only be defined when `stream=True`.");
    return;
  }
  BodyFields inner(*options);
  request.include_usage = inner.flag("include_usage");
  request.continuous_usage = request.include_usage && inner.flag("continuous_usage_stats");
  if (const auto ok = inner.check(); !ok) {
    fields.refuse("stream_options", ok.error().message);
  }
}

/// Accepted and of no effect here, but a wrong value is refused as vLLM would.
void check_sampling(BodyFields& fields) {
  (void)fields.number("temperature", 0, 1e9);
  (void)fields.number("top_p", 0, 1);
  (void)fields.number("presence_penalty", -2, 2);
  (void)fields.number("frequency_penalty", -2, 2);
  (void)fields.text("user");
}

void read_length(BodyFields& fields, GenerationRequest& request) {
  const auto older = fields.integer("max_tokens", 1, kMostTokens);
  const auto newer = fields.integer("max_completion_tokens", 1, kMostTokens);
  if (newer || older) {
    request.max_tokens = count(newer ? newer : older, 0);
  } else if (request.endpoint == Endpoint::kCompletions) {
    request.max_tokens = 16;  // OpenAI's default, vLLM's too
  }
  request.min_tokens = count(fields.integer("min_tokens", 0, kMostTokens), 0);
  if (request.max_tokens && request.min_tokens > *request.max_tokens) {
    fields.refuse("min_tokens", "min_tokens must be less than or equal to max_tokens");
  }
  request.ignore_eos = fields.flag("ignore_eos");
}

std::string read_model(BodyFields& fields) {
  return fields.text("model").value_or("");
}

}  // namespace

ApiResult<GenerationRequest> parse_generation(Endpoint endpoint, std::string_view body) {
  auto value = parse_body(body);
  if (!value) {
    return std::unexpected(std::move(value).error());
  }
  BodyFields fields(*value);
  GenerationRequest request;
  request.endpoint = endpoint;
  request.model = read_model(fields);
  request.n = count(fields.integer("n", 1, kMostChoices), 1);
  request.seed = fields.integer("seed", std::numeric_limits<std::int64_t>::min(),
                                std::numeric_limits<std::int64_t>::max());
  request.priority = static_cast<std::int32_t>(
      fields.integer("priority", std::numeric_limits<std::int32_t>::min(), kMostTokens)
          .value_or(0));
  request.include_stop = fields.flag("include_stop_str_in_output");
  read_length(fields, request);
  read_stop(fields, request);
  read_streaming(fields, request);
  check_sampling(fields);
  if (auto ok = fields.check(); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  if (endpoint == Endpoint::kChat) {
    request.prompts.push_back(chat_prompt(fields));
  } else {
    request.echo = fields.flag("echo");
    request.prompts = inputs(fields, "prompt");
  }
  if (auto ok = fields.check(); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  return request;
}

ApiResult<EmbeddingRequest> parse_embedding(std::string_view body) {
  auto value = parse_body(body);
  if (!value) {
    return std::unexpected(std::move(value).error());
  }
  BodyFields fields(*value);
  EmbeddingRequest request;
  request.model = read_model(fields);
  request.dimensions = count(fields.integer("dimensions", 1, kMostDimensions), 0);
  const std::string format = fields.text("encoding_format").value_or("float");
  request.base64 = format == "base64";
  if (format != "float" && format != "base64") {
    fields.refuse("encoding_format", "Input should be 'float' or 'base64'");
  }
  request.inputs = inputs(fields, "input");
  if (auto ok = fields.check(); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  return request;
}

ApiResult<TokenizeRequest> parse_tokenize(std::string_view body) {
  auto value = parse_body(body);
  if (!value) {
    return std::unexpected(std::move(value).error());
  }
  BodyFields fields(*value);
  TokenizeRequest request;
  request.model = read_model(fields);
  request.with_strings = fields.flag("return_token_strs");
  if (fields.find("messages") != nullptr) {
    request.tokens = chat_prompt(fields);
  } else if (const auto prompt = fields.text("prompt")) {
    request.tokens = tokenize(*prompt);
  } else {
    fields.refuse("prompt", "Field required");
  }
  if (auto ok = fields.check(); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  return request;
}

ApiResult<DetokenizeRequest> parse_detokenize(std::string_view body) {
  auto value = parse_body(body);
  if (!value) {
    return std::unexpected(std::move(value).error());
  }
  BodyFields fields(*value);
  DetokenizeRequest request;
  request.model = read_model(fields);
  const json::Value* tokens = fields.find("tokens");
  if (tokens == nullptr || !tokens->is_array()) {
    fields.refuse("tokens", "Input should be a list of tokens");
  } else {
    request.tokens = token_ids(fields, "tokens", *tokens);
  }
  if (auto ok = fields.check(); !ok) {
    return std::unexpected(std::move(ok).error());
  }
  return request;
}

}  // namespace penstock::engine
