#pragma once
// What of a model decides its memory: numbers of its architecture. Knows no file format and no
// accelerator.

#include <cstdint>

namespace penstock::scaling::planner {

/// 0 means unknown, where nothing else is said.
struct ModelShape {
  std::uint64_t parameters = 0;         ///< all of them, also those of experts that sleep
  std::uint64_t active_parameters = 0;  ///< that one token passes; 0: all. Told, not reckoned with
  std::uint64_t layers = 0;
  std::uint64_t hidden_size = 0;
  std::uint64_t attention_heads = 0;
  std::uint64_t kv_heads = 0;
  std::uint64_t head_dim = 0;
  std::uint64_t latent_dim = 0;  ///< values per token and layer of a compressed KV cache; 0: none
  std::uint64_t window = 0;      ///< tokens that a sliding-window layer looks back; 0: none
  std::uint64_t window_layers = 0;  ///< layers with that window
  std::uint64_t vocabulary = 0;
  bool tied_embeddings = false;
  std::uint64_t weight_bits = 16;
  std::uint64_t kv_bits = 16;

  /// The KV cache can be computed.
  [[nodiscard]] bool knows_kv() const {
    return layers > 0 && (latent_dim > 0 || (kv_heads > 0 && head_dim > 0));
  }
};

/// Parameters of the embeddings, which quantization leaves at 16 bits; 0 when unknown.
[[nodiscard]] std::uint64_t embedding_parameters(const ModelShape& shape);

}  // namespace penstock::scaling::planner
