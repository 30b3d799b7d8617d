#include "scaling/planner/memory.h"

#include <algorithm>

namespace penstock::scaling::planner {
namespace {

constexpr std::uint64_t kBitsOfByte = 8;
constexpr std::uint64_t kPercent = 100;

std::uint64_t percent_more(std::uint64_t value, std::uint64_t percent) {
  // Divided first: the product of a large value would saturate and lose the margin.
  return plus(value, times(divide_up(value, kPercent), percent));
}

std::uint64_t bytes_of(std::uint64_t values, std::uint64_t bits) {
  return divide_up(times(values, bits), kBitsOfByte);
}

/// Of one layer and token, for `heads` of the KV heads.
std::uint64_t kv_of_layer(const ModelShape& shape, std::uint64_t heads) {
  const std::uint64_t values =
      shape.latent_dim > 0 ? shape.latent_dim : times(2, heads, shape.head_dim);
  return bytes_of(values, shape.kv_bits);
}

std::uint64_t activations(const ModelShape& shape) {
  return shape.hidden_size == 0 ? kUnknownActivations
                                : times(kBatchTokens, kActivationBytes, shape.hidden_size);
}

}  // namespace

std::uint64_t usable_bytes(std::uint64_t memory) {
  return memory / kPercent * kUsablePercent;
}

std::uint64_t weight_bytes(const ModelShape& shape) {
  const bool quantized = shape.weight_bits < kEmbeddingBits;
  const std::uint64_t whole = quantized ? embedding_parameters(shape) : 0;
  const std::uint64_t rest = shape.parameters - whole;
  const bool small = shape.weight_bits < kBitsOfByte;
  return plus(
      percent_more(bytes_of(rest, shape.weight_bits), small ? kSmallMarginPercent : kMarginPercent),
      percent_more(bytes_of(whole, kEmbeddingBits), kMarginPercent));
}

std::uint64_t kv_bytes_per_token(const ModelShape& shape) {
  return shape.knows_kv() ? times(kv_of_layer(shape, shape.kv_heads), shape.layers) : 0;
}

Share share_of(const ModelShape& shape, const Layout& layout, std::uint64_t context) {
  Share out;
  out.weights = divide_up(weight_bytes(shape), layout.accelerators());
  out.engine =
      plus(plus(kEngineBytes, layout.accelerators() > 1 ? kTogetherBytes : 0), activations(shape));
  if (!shape.knows_kv()) {
    return out;
  }
  const std::uint64_t layer = kv_of_layer(shape, divide_up(shape.kv_heads, layout.tensor));
  const std::uint64_t windowed = shape.window > 0 ? std::min(shape.window_layers, shape.layers) : 0;
  const std::uint64_t full = divide_up(shape.layers - windowed, layout.pipeline);
  const std::uint64_t bounded = divide_up(windowed, layout.pipeline);
  out.kv_per_token = times(layer, divide_up(shape.layers, layout.pipeline));
  out.kv_per_call =
      plus(times(layer, full, context), times(layer, bounded, std::min(context, shape.window)));
  return out;
}

}  // namespace penstock::scaling::planner
