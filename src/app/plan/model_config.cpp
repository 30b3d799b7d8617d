#include "app/plan/model_config.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "app/plan/config_fields.h"
#include "app/plan/weight_format.h"
#include "scaling/planner/saturating.h"

namespace penstock::app::plan {
namespace {

using scaling::planner::ModelShape;
using scaling::planner::plus;
using scaling::planner::times;

// Beyond any model; the same limits as model.architecture has.
constexpr std::uint64_t kMostLayers = 10'000;
constexpr std::uint64_t kMostWidth = 1'000'000;
constexpr std::uint64_t kMostHeads = 10'000;
constexpr std::uint64_t kMostHeadDim = 65'536;
constexpr std::uint64_t kMostTokens = 100'000'000;
constexpr std::uint64_t kMostExperts = 100'000;
constexpr std::uint64_t kMostParameters = 100'000'000'000'000;

enum class Experts { kNone, kMixtral, kQwen, kDeepSeek };
enum class Window { kNone, kAllLayers, kUpperLayers };

struct Family {
  std::string_view type;
  Experts experts = Experts::kNone;
  Window window = Window::kNone;
  bool latent = false;
  bool query_bias = false;  ///< biases of query, key and value
  bool head_norms = false;  ///< of query and key
};

constexpr std::array kFamilies{
    Family{.type = "llama"},
    Family{.type = "mistral", .window = Window::kAllLayers},
    Family{.type = "qwen2", .window = Window::kUpperLayers, .query_bias = true},
    Family{.type = "qwen3", .window = Window::kUpperLayers, .head_norms = true},
    Family{.type = "phi3", .window = Window::kAllLayers},
    Family{.type = "mixtral", .experts = Experts::kMixtral, .window = Window::kAllLayers},
    Family{.type = "qwen3_moe", .experts = Experts::kQwen, .head_norms = true},
    Family{.type = "deepseek_v3", .experts = Experts::kDeepSeek, .latent = true},
};

/// How the feed-forward parts of the layers are made.
struct FeedForward {
  std::uint64_t dense_layers = 0;
  std::uint64_t dense_width = 0;
  std::uint64_t expert_layers = 0;
  std::uint64_t expert_width = 0;
  std::uint64_t experts = 0;
  std::uint64_t used = 0;    ///< of them by one token
  std::uint64_t shared = 0;  ///< used by all tokens
};

class Counter {
 public:
  Counter(const Family& family, const json::Value& config) : family_(family), at_(config) {}

  Result<ModelConfig> count() {
    read_base();
    const std::uint64_t attention = family_.latent ? latent_attention() : attention_of_layer();
    const FeedForward forward = feed_forward();
    read_window();
    shape_.weight_bits = weight_bits(at_);
    PENSTOCK_CHECK_OK(at_.check());
    const std::uint64_t fixed = fixed_parameters(attention, forward);
    shape_.parameters = plus(fixed, experts_of(forward, forward.experts));
    if (forward.experts > 0) {
      shape_.active_parameters = plus(fixed, experts_of(forward, forward.used));
    }
    if (shape_.parameters > kMostParameters) {
      return fail(Code::kInvalid,
                  "the sizes together make more than 10^14 parameters; is this the "
                  "right file?");
    }
    return out_;
  }

 private:
  void read_base() {
    shape_.layers = at_.number("num_hidden_layers", kMostLayers);
    shape_.hidden_size = at_.number("hidden_size", kMostWidth);
    shape_.attention_heads = at_.number("num_attention_heads", kMostHeads);
    shape_.kv_heads = at_.number_or("num_key_value_heads", kMostHeads, shape_.attention_heads);
    shape_.vocabulary = at_.number("vocab_size", kMostTokens);
    shape_.tied_embeddings = at_.flag_or("tie_word_embeddings", false);
    out_.longest_context = at_.number("max_position_embeddings", kMostTokens);
    if (at_.good() && shape_.attention_heads % shape_.kv_heads != 0) {
      at_.complain(
          fmt::format("\"num_key_value_heads\" {} does not divide \"num_attention_heads\" "
                      "{}",
                      shape_.kv_heads, shape_.attention_heads));
    }
  }

  std::uint64_t attention_of_layer() {
    shape_.head_dim = at_.number_or("head_dim", kMostHeadDim, 0);
    if (at_.good() && shape_.head_dim == 0) {
      if (shape_.hidden_size % shape_.attention_heads != 0) {
        at_.complain(
            "there is no \"head_dim\", and \"hidden_size\" is no multiple of "
            "\"num_attention_heads\"");
        return 0;
      }
      shape_.head_dim = shape_.hidden_size / shape_.attention_heads;
    }
    const std::uint64_t queries = times(shape_.attention_heads, shape_.head_dim);
    const std::uint64_t keys = times(2, shape_.kv_heads, shape_.head_dim);
    std::uint64_t out = times(shape_.hidden_size,
                              plus(times(2, queries), keys));  // query and output, key and value
    if (family_.query_bias) {
      out = plus(out, plus(queries, keys));
    }
    return family_.head_norms ? plus(out, times(2, shape_.head_dim)) : out;
  }

  std::uint64_t latent_attention() {
    const std::uint64_t compressed = at_.number("kv_lora_rank", kMostWidth);
    const std::uint64_t rope = at_.number("qk_rope_head_dim", kMostHeadDim);
    const std::uint64_t plain = at_.number("qk_nope_head_dim", kMostHeadDim);
    const std::uint64_t value = at_.number("v_head_dim", kMostHeadDim);
    const std::uint64_t query_rank = at_.number_or_none("q_lora_rank", kMostWidth);
    shape_.latent_dim = plus(compressed, rope);
    shape_.head_dim = plus(plain, rope);
    const std::uint64_t heads = shape_.attention_heads;
    const std::uint64_t hidden = shape_.hidden_size;
    const std::uint64_t queries = times(heads, plus(plain, rope));
    const std::uint64_t query = query_rank == 0
                                    ? times(hidden, queries)
                                    : plus(times(query_rank, plus(hidden, queries)), query_rank);
    const std::uint64_t down = plus(times(hidden, plus(compressed, rope)), compressed);
    const std::uint64_t up = times(compressed, heads, plus(plain, value));
    return plus(plus(query, down), plus(up, times(heads, value, hidden)));
  }

  FeedForward feed_forward() {
    FeedForward out;
    out.dense_layers = shape_.layers;
    switch (family_.experts) {
      case Experts::kNone:
        out.dense_width = at_.number("intermediate_size", kMostWidth);
        return out;
      case Experts::kMixtral:
        out.dense_layers = 0;
        out.expert_width = at_.number("intermediate_size", kMostWidth);
        out.experts = at_.number("num_local_experts", kMostExperts);
        break;
      case Experts::kQwen:
        out.dense_layers = layers_without_experts();
        out.dense_width = at_.number("intermediate_size", kMostWidth);
        out.expert_width = at_.number("moe_intermediate_size", kMostWidth);
        out.experts = at_.number("num_experts", kMostExperts);
        break;
      case Experts::kDeepSeek:
        out.dense_layers = at_.number_or_none("first_k_dense_replace", kMostLayers);
        out.dense_width = at_.number("intermediate_size", kMostWidth);
        out.expert_width = at_.number("moe_intermediate_size", kMostWidth);
        out.experts = at_.number("n_routed_experts", kMostExperts);
        out.shared = at_.number_or_none("n_shared_experts", kMostExperts);
        break;
    }
    out.used = at_.number("num_experts_per_tok", kMostExperts);
    if (at_.good() && out.used > out.experts) {
      at_.complain(fmt::format("\"num_experts_per_tok\" {} is more than the {} experts", out.used,
                               out.experts));
    }
    out.dense_layers = std::min(out.dense_layers, shape_.layers);
    out.expert_layers = shape_.layers - out.dense_layers;
    return out;
  }

  /// Qwen's: those that are listed, and all but each n-th.
  std::uint64_t layers_without_experts() {
    if (const std::uint64_t step = at_.number_or("decoder_sparse_step", kMostLayers, 1);
        step != 1) {
      at_.complain(fmt::format("\"decoder_sparse_step\" is {}; only 1 is known", step));
    }
    const json::Value* listed = at_.member("mlp_only_layers");
    if (listed != nullptr && !listed->is_array()) {
      at_.complain("\"mlp_only_layers\" is not a list");
      return 0;
    }
    return listed == nullptr ? 0 : listed->size();
  }

  void read_window() {
    if (family_.window == Window::kNone) {
      return;
    }
    const std::uint64_t window = at_.number_or("sliding_window", kMostTokens, 0);
    if (family_.window == Window::kAllLayers) {
      shape_.window = window;
      shape_.window_layers = window == 0 ? 0 : shape_.layers;
    } else if (at_.flag_or("use_sliding_window", false) && window > 0) {
      const std::uint64_t below = at_.number_or_none("max_window_layers", kMostLayers);
      shape_.window = window;
      shape_.window_layers = shape_.layers - std::min(below, shape_.layers);
    }
  }

  /// Gate, up and down.
  [[nodiscard]] std::uint64_t matrices(std::uint64_t width) const {
    return times(3, shape_.hidden_size, width);
  }

  [[nodiscard]] std::uint64_t experts_of(const FeedForward& forward, std::uint64_t number) const {
    return times(forward.expert_layers, number, matrices(forward.expert_width));
  }

  /// All but the experts that only some tokens use.
  [[nodiscard]] std::uint64_t fixed_parameters(std::uint64_t attention,
                                               const FeedForward& forward) const {
    const std::uint64_t hidden = shape_.hidden_size;
    const std::uint64_t embeddings =
        times(shape_.vocabulary, hidden, std::uint64_t{shape_.tied_embeddings ? 1U : 2U});
    const std::uint64_t layer = plus(attention, times(2, hidden));  // with the two norms
    const std::uint64_t router = forward.experts == 0
                                     ? 0
                                     : plus(times(hidden, forward.experts),
                                            times(forward.shared, matrices(forward.expert_width)));
    const std::uint64_t layers =
        plus(times(shape_.layers, layer),
             plus(times(forward.dense_layers, matrices(forward.dense_width)),
                  times(forward.expert_layers, router)));
    return plus(plus(embeddings, layers), hidden);
  }

  const Family& family_;
  ConfigFields at_;
  ModelConfig out_;
  ModelShape& shape_ = out_.shape;
};

std::string known_types() {
  std::string out;
  for (const Family& family : kFamilies) {
    out += (out.empty() ? "" : ", ") + std::string(family.type);
  }
  return out;
}

}  // namespace

Result<ModelConfig> model_config(const json::Value& config) {
  if (!config.is_object()) {
    return fail(Code::kInvalid, "this is no JSON object; use the config.json beside the weights");
  }
  ConfigFields fields(config);
  const std::string type = fields.word_or_none("model_type");
  PENSTOCK_CHECK_OK(fields.check());
  const auto family = std::ranges::find(kFamilies, type, &Family::type);
  if (family == kFamilies.end()) {
    return fail(Code::kInvalid,
                (type.empty() ? std::string("there is no \"model_type\"")
                              : fmt::format("\"model_type\" {} is not known", type)) +
                    "; known are " + known_types() +
                    ": for another model give model.architecture in the manifest");
  }
  return Counter(*family, config).count();
}

}  // namespace penstock::app::plan
