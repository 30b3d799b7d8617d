#include "engine/embedding_call.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "engine/embedding.h"
#include "sim/engine_model/block_hash.h"

namespace penstock::engine {
namespace {

/// Holds the inputs in the model; takes them out when the call ends early.
class Prefills {
 public:
  explicit Prefills(Core& core) : core_(core), progress_(core.loop) {}
  ~Prefills() { abort(); }
  Prefills(const Prefills&) = delete;
  Prefills& operator=(const Prefills&) = delete;

  ApiResult<void> add(const std::vector<TokenId>& input) {
    if (input.size() > core_.engine.config().max_model_len) {
      return std::unexpected(bad_request(
          fmt::format("This model's maximum context length is {} tokens. However, you requested {} "
                      "tokens in the input for embedding generation. Please reduce the length of "
                      "the input.",
                      core_.engine.config().max_model_len, input.size()),
          "input_tokens"));
    }
    Generation& one = all_.emplace_back();
    one.progress = &progress_;
    one.wake_per_token = false;
    const auto hashes = sim::hash_tokens(input, core_.engine.config().block_size);
    const auto added = core_.real_time.submit(
        one, {.prompt_tokens = static_cast<std::uint32_t>(input.size()), .block_hashes = hashes});
    if (!added) {
      return std::unexpected(bad_request(added.error().message()));
    }
    return {};
  }

  void abort() {
    for (Generation& one : all_) {
      core_.real_time.abort(one);
    }
  }

  [[nodiscard]] bool finished() const { return std::ranges::all_of(all_, &Generation::finished); }
  [[nodiscard]] net::Event& progress() { return progress_; }

 private:
  Core& core_;
  net::Event progress_;
  std::deque<Generation> all_;  // stay in place
};

}  // namespace

net::Task<ApiResult<void>> serve_embedding(Core& core, net::Exchange& exchange,
                                           EmbeddingRequest request, AnswerContext context) {
  const ActiveCall active(core);
  Prefills prefills(core);
  EmbeddingAnswer answer;
  answer.base64 = request.base64;
  for (const auto& input : request.inputs) {
    const auto added = prefills.add(input);
    if (!added) {
      co_return std::unexpected(added.error());
    }
    answer.prompt_tokens += input.size();
  }
  const auto gone = [&prefills] {
    prefills.abort();
    prefills.progress().set();
  };
  const net::OnCancel watch(exchange.disconnected(), gone);
  while (!prefills.finished()) {
    co_await prefills.progress().wait();
    if (exchange.disconnected().fired()) {
      co_return ApiResult<void>();
    }
  }
  const std::uint32_t dimensions =
      request.dimensions > 0 ? request.dimensions : core.options.embedding_dimensions;
  for (const auto& input : request.inputs) {
    answer.vectors.push_back(embed(input, dimensions));
  }
  const std::string body = embedding_answer(context, answer);
  exchange.set_status(200);
  exchange.add_header("content-type", "application/json");
  co_await exchange.send(body);
  co_return ApiResult<void>();
}

}  // namespace penstock::engine
