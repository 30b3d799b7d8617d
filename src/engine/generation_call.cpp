#include "engine/generation_call.h"

#include <algorithm>
#include <utility>

#include "sim/engine_model/block_hash.h"

namespace penstock::engine {
namespace {

/// Like vLLM, a stream sends its head before the first token is there.
constexpr std::string_view kHeadOnly;

}  // namespace

GenerationCall::GenerationCall(Core& core, net::Exchange& exchange,
                               const GenerationRequest& request, AnswerContext context,
                               std::uint32_t abort_after)
    : core_(core),
      exchange_(exchange),
      request_(request),
      context_(std::move(context)),
      abort_after_(abort_after),
      writer_(context_),
      progress_(core.loop) {}

GenerationCall::~GenerationCall() {
  abort();
}

ApiResult<void> GenerationCall::start() {
  const OutputLimits limits = core_.limits();
  for (const auto& prompt : request_.prompts) {
    if (auto fits = check_context(request_, prompt.size(), limits); !fits) {
      return fits;
    }
  }
  for (std::size_t prompt = 0; prompt < request_.prompts.size(); ++prompt) {
    for (std::uint32_t i = 0; i < request_.n; ++i) {
      Choice& choice = choices_.emplace_back();
      choice.index = static_cast<std::uint32_t>(choices_.size() - 1);
      choice.prompt = prompt;
      choice.plan = plan_output(request_, request_.prompts[prompt], i, limits);
      choice.generation.progress = &progress_;
      choice.generation.wake_per_token = request_.stream || abort_after_ > 0;
      choice.generation.reason = choice.plan.finish == FinishReason::kStop
                                     ? EngineMetrics::Reason::kStop
                                     : EngineMetrics::Reason::kLength;
      if (auto submitted = submit(choice); !submitted) {
        return submitted;
      }
    }
  }
  return {};
}

ApiResult<void> GenerationCall::submit(Choice& choice) {
  std::vector<TokenId> tokens = request_.prompts[choice.prompt];
  const auto prompt_tokens = static_cast<std::uint32_t>(tokens.size());
  tokens.insert(tokens.end(), choice.plan.tokens.begin(), choice.plan.tokens.end());
  const auto hashes = sim::hash_tokens(tokens, core_.engine.config().block_size);
  const auto submitted = core_.real_time.submit(
      choice.generation, {.prompt_tokens = prompt_tokens,
                          .output_tokens = static_cast<std::uint32_t>(choice.plan.tokens.size()),
                          .priority = request_.priority,
                          .block_hashes = hashes});
  if (!submitted) {
    return std::unexpected(bad_request(submitted.error().message()));
  }
  core_.metrics.accepted(
      request_.max_tokens.value_or(core_.engine.config().max_model_len - prompt_tokens));
  return {};
}

net::Task<void> GenerationCall::run() {
  const auto gone = [this] {
    abort();
    progress_.set();
  };
  const net::OnCancel watch(exchange_.disconnected(), gone);
  if (request_.stream) {
    co_await stream();
  } else {
    co_await answer();
  }
}

net::Task<void> GenerationCall::stream() {
  exchange_.set_status(200);
  exchange_.add_header("content-type", "text/event-stream; charset=utf-8");
  net::IoStatus sent = co_await exchange_.write(kHeadOnly);
  std::string out;
  while (sent == net::IoStatus::kOk) {
    co_await progress_.wait();
    if (exchange_.disconnected().fired()) {
      co_return;
    }
    out.clear();
    append_events(out);
    const bool cut = cut_now();
    if (!cut && all_written()) {
      break;
    }
    if (!out.empty()) {
      sent = co_await exchange_.write(out);
    }
    if (cut) {
      co_return;  // without finish(): the connection is closed in the middle
    }
  }
  if (sent != net::IoStatus::kOk) {
    co_return;
  }
  if (request_.include_usage) {
    writer_.usage(out, usage());
  }
  writer_.done(out);
  co_await exchange_.finish(out);
}

net::Task<void> GenerationCall::answer() {
  while (!finished()) {
    co_await progress_.wait();
    if (exchange_.disconnected().fired()) {
      co_return;
    }
    if (cut_now()) {
      exchange_.set_status(200);
      co_await exchange_.write(kHeadOnly);
      co_return;
    }
  }
  std::vector<ChoiceAnswer> answers;
  for (Choice& choice : choices_) {
    ChoiceAnswer& one = answers.emplace_back();
    one.index = choice.index;
    if (request_.echo) {
      for (const TokenId token : request_.prompts[choice.prompt]) {
        append_text(one.text, token);
      }
    }
    while (choice.cursor.tokens() < choice.plan.tokens.size()) {
      choice.cursor.append_next(choice.plan, one.text);
    }
    one.finish = choice.plan.finish;
    one.stop_reason = choice.plan.stop_reason;
  }
  const std::string body = generation_answer(context_, answers, usage());
  exchange_.set_status(200);
  exchange_.add_header("content-type", "application/json");
  co_await exchange_.send(body);
}

void GenerationCall::append_events(std::string& out) {
  for (Choice& choice : choices_) {
    std::uint32_t until = choice.generation.produced;
    if (abort_after_ > 0) {
      until = std::min(until, abort_after_);
    }
    while (choice.cursor.tokens() < until) {
      append_token(out, choice);
    }
  }
}

void GenerationCall::append_token(std::string& out, Choice& choice) {
  const bool first = choice.cursor.tokens() == 0;
  choice.text.clear();
  if (first && request_.endpoint == Endpoint::kChat) {
    const Usage nothing_yet = usage_of(choice);
    writer_.role(out, choice.index, request_.continuous_usage ? &nothing_yet : nullptr);
  } else if (first && request_.echo) {
    for (const TokenId token : request_.prompts[choice.prompt]) {
      append_text(choice.text, token);
    }
  }
  choice.cursor.append_next(choice.plan, choice.text);
  const bool last = choice.cursor.tokens() == choice.plan.tokens.size();
  const StreamWriter::Ending ending{choice.plan.finish, &choice.plan.stop_reason};
  const Usage so_far = usage_of(choice);
  writer_.token(out, choice.index, choice.text, last ? &ending : nullptr,
                request_.continuous_usage ? &so_far : nullptr);
}

bool GenerationCall::finished() const {
  return std::ranges::all_of(choices_, [](const Choice& c) { return c.generation.finished; });
}

bool GenerationCall::all_written() const {
  return std::ranges::all_of(
      choices_, [](const Choice& c) { return c.cursor.tokens() == c.plan.tokens.size(); });
}

bool GenerationCall::cut_now() const {
  return abort_after_ > 0 && std::ranges::any_of(choices_, [this](const Choice& choice) {
           return choice.generation.produced >= abort_after_;
         });
}

Usage GenerationCall::usage() const {
  Usage sum;
  for (const auto& prompt : request_.prompts) {
    sum.prompt_tokens += prompt.size();
  }
  for (const Choice& choice : choices_) {
    sum.completion_tokens += choice.plan.tokens.size();
    if (choice.index % request_.n == 0) {
      sum.cached_tokens += choice.generation.cached;
    }
  }
  return sum;
}

Usage GenerationCall::usage_of(const Choice& choice) const {
  return {.prompt_tokens = request_.prompts[choice.prompt].size(),
          .completion_tokens = choice.cursor.tokens(),
          .cached_tokens = choice.generation.cached};
}

void GenerationCall::abort() {
  for (Choice& choice : choices_) {
    core_.real_time.abort(choice.generation);
  }
}

}  // namespace penstock::engine
