#pragma once
// Bytes of weights, KV cache and everything else on one accelerator: the arithmetic and all its
// constants. Pure; nothing wraps.
//
//   usable    = memory x 90 %                      (vLLM's --gpu-memory-utilization)
//   weights   = parameters x bits / 8 + margin     (2 %: scales, padding; 5 % below 8 bits),
//   divided
//               over all accelerators; a quantized model's embeddings stay at 16 bits
//   engine    = 1.5 GiB                            (context, libraries, captured graphs)
//             + 0.5 GiB on more than one           (buffers for communication)
//             + 4096 tokens x hidden size x 32 B   (activations of one batch, 1 GiB when unknown)
//   KV cache  = what is left
//
// How it meets measured engines is in docs/plan.md.

#include <cstdint>

#include "scaling/planner/model_shape.h"
#include "scaling/planner/saturating.h"

namespace penstock::scaling::planner {

inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
inline constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

inline constexpr std::uint64_t kUsablePercent = 90;
inline constexpr std::uint64_t kMarginPercent = 2;
inline constexpr std::uint64_t kSmallMarginPercent = 5;  ///< below 8 bits: a scale for each group
inline constexpr std::uint64_t kEmbeddingBits = 16;
inline constexpr std::uint64_t kEngineBytes = 1536 * kMiB;
inline constexpr std::uint64_t kTogetherBytes = 512 * kMiB;
inline constexpr std::uint64_t kBatchTokens = 4096;
inline constexpr std::uint64_t kActivationBytes = 32;  ///< for each token and unit of hidden size
inline constexpr std::uint64_t kUnknownActivations = kGiB;

/// How one replica is spread.
struct Layout {
  std::uint64_t tensor = 1;
  std::uint64_t pipeline = 1;

  [[nodiscard]] std::uint64_t accelerators() const { return times(tensor, pipeline); }
  friend bool operator==(const Layout&, const Layout&) = default;
};

[[nodiscard]] std::uint64_t usable_bytes(std::uint64_t memory);

/// Of the whole model.
[[nodiscard]] std::uint64_t weight_bytes(const ModelShape& shape);
/// Of one token, before anything is replicated; 0 when the shape does not say.
[[nodiscard]] std::uint64_t kv_bytes_per_token(const ModelShape& shape);

/// What one accelerator of a replica carries. Tensor parallelism divides weights and KV heads; a
/// head that is on several accelerators, and a compressed KV cache, are there in full. Pipeline
/// stages divide layers.
struct Share {
  std::uint64_t weights = 0;
  std::uint64_t engine = 0;
  std::uint64_t kv_per_token = 0;
  std::uint64_t kv_per_call = 0;  ///< of the full context; less than that many tokens with windows
};
[[nodiscard]] Share share_of(const ModelShape& shape, const Layout& layout, std::uint64_t context);

}  // namespace penstock::scaling::planner
