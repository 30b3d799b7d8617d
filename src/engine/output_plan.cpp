#include "engine/output_plan.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/random.h"
#include "engine/story.h"
#include "sim/engine_model/block_hash.h"

namespace penstock::engine {
namespace {

std::uint64_t seed_of(const GenerationRequest& request, const std::vector<TokenId>& prompt,
                      std::uint32_t choice, const OutputLimits& limits) {
  std::uint64_t seed = request.seed ? static_cast<std::uint64_t>(*request.seed) : limits.seed;
  for (const TokenId token : prompt) {
    seed = sim::chain_block(seed, token);
  }
  return sim::chain_block(seed, choice);
}

/// Where the earliest stop string of `text` ends and which it is; only ends behind `from` count.
struct StopHit {
  std::size_t begin = std::string::npos;
  const std::string* stop = nullptr;
};

StopHit find_stop(const std::string& text, std::size_t from,
                  const std::vector<std::string>& stops) {
  StopHit hit;
  for (const std::string& stop : stops) {
    const std::size_t look_from = from >= stop.size() ? from - stop.size() + 1 : 0;
    const std::size_t at = text.find(stop, look_from);
    if (at < hit.begin) {
      hit = {at, &stop};
    }
  }
  return hit;
}

/// Ends the plan at the first stop string that is complete after min_tokens.
void apply_stops(const GenerationRequest& request, OutputPlan& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.tokens.size(); ++i) {
    const std::size_t before = text.size();
    append_text(text, plan.tokens[i]);
    if (i < request.min_tokens) {
      continue;
    }
    const StopHit hit = find_stop(text, before, request.stop);
    if (hit.stop != nullptr) {
      plan.tokens.resize(i + 1);
      plan.visible_bytes = hit.begin + (request.include_stop ? hit.stop->size() : 0);
      plan.finish = FinishReason::kStop;
      plan.stop_reason = *hit.stop;
      return;
    }
  }
}

/// A chat's answer does; a completion goes on where its prompt ends.
bool begins_line(const std::vector<TokenId>& prompt) {
  std::string text;
  append_text(text, prompt.back());
  return text.empty() || text.back() == '\n' || text.back() == ' ';
}

std::uint32_t room(std::size_t prompt_tokens, const OutputLimits& limits) {
  return limits.max_model_len - static_cast<std::uint32_t>(prompt_tokens);
}

}  // namespace

std::string_view to_string(FinishReason reason) {
  return reason == FinishReason::kStop ? "stop" : "length";
}

ApiResult<void> check_context(const GenerationRequest& request, std::size_t prompt_tokens,
                              const OutputLimits& limits) {
  const bool chat = request.endpoint == Endpoint::kChat;
  const std::string_view what = chat ? "messages" : "prompt";
  const std::uint64_t wanted = request.max_tokens.value_or(0);
  if (prompt_tokens >= limits.max_model_len) {
    return std::unexpected(bad_request(
        fmt::format(
            "This model's maximum context length is {} tokens. However, your request has {} "
            "input tokens. Please reduce the length of the {}.",
            limits.max_model_len, prompt_tokens, what),
        "input_tokens"));
  }
  if (prompt_tokens + wanted > limits.max_model_len) {
    return std::unexpected(bad_request(
        fmt::format("This model's maximum context length is {} tokens. However, you requested {} "
                    "tokens ({} in the {}, {} in the completion). Please reduce the length of the "
                    "{} or completion.",
                    limits.max_model_len, prompt_tokens + wanted, prompt_tokens, what, wanted,
                    what),
        "max_tokens"));
  }
  return {};
}

OutputPlan plan_output(const GenerationRequest& request, const std::vector<TokenId>& prompt,
                       std::uint32_t choice, const OutputLimits& limits) {
  const std::uint64_t seed = seed_of(request, prompt, choice, limits);
  Random chance(seed);
  const std::uint32_t mean = std::max(limits.default_output, 1U);
  const std::uint32_t natural = std::max(
      static_cast<std::uint32_t>(mean - mean / 2 + chance.below(mean + 1)), request.min_tokens + 1);
  const std::uint32_t most = request.max_tokens.value_or(room(prompt.size(), limits));
  const bool ends_itself = !request.ignore_eos && natural <= most;
  const std::uint32_t length = ends_itself ? natural : most;

  OutputPlan plan;
  plan.finish = ends_itself ? FinishReason::kStop : FinishReason::kLength;
  plan.visible_bytes = std::numeric_limits<std::size_t>::max();
  plan.tokens.reserve(length);
  Story story(chance.next(), begins_line(prompt));
  while (plan.tokens.size() < length) {
    plan.tokens.push_back(story.next());
  }
  if (ends_itself) {
    plan.tokens.back() = kEndOfText;
  }
  if (!request.stop.empty()) {
    apply_stops(request, plan);
  }
  return plan;
}

void TextCursor::append_next(const OutputPlan& plan, std::string& out) {
  const std::size_t before = out.size();
  append_text(out, plan.tokens[tokens_++]);
  const std::size_t left = plan.visible_bytes - std::min(plan.visible_bytes, bytes_);
  if (out.size() - before > left) {
    out.resize(before + left);
  }
  bytes_ += out.size() - before;
}

}  // namespace penstock::engine
