#pragma once
// How long one engine iteration takes on a given model and GPU. Knows batch shapes and
// milliseconds; must not know requests, queues or clocks.
//
//   iter_ms = factor × (overhead + linear(batch_tokens) + head + a·Σ c·(p + c/2) + [any decode](b·Σ
//   ctx + b0))
//
// linear() is interpolated in a table composed from per-kernel measurements; a, b, b0 and head come
// from the same file. c is a prefill chunk and p the tokens before it; ctx is what a decode step
// attends to. Source, validation and limits: docs/engine-model.md.

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace penstock::sim {

/// What one iteration computes, already summed over its sequences.
struct BatchShape {
  std::uint32_t prefill_tokens = 0;
  std::uint32_t decode_sequences = 0;           ///< each computes one token
  std::uint64_t decode_context_tokens = 0;      ///< Σ tokens attended to by the decode sequences
  std::uint64_t prefill_attention_tokens2 = 0;  ///< Σ prefill_attention(p, c) over the chunks

  [[nodiscard]] std::uint32_t batch_tokens() const { return prefill_tokens + decode_sequences; }

  /// c·(2p + c): twice c·(p + c/2), so that it stays an integer.
  [[nodiscard]] static std::uint64_t prefill_attention(std::uint64_t before, std::uint64_t chunk) {
    return chunk * (2 * before + chunk);
  }
};

/// The two numbers that were fitted against measured serving (docs/engine-model.md); everything
/// else is kernel data.
struct Calibration {
  double overhead_ms = 1.0;  ///< host time per iteration: scheduling, launch, sampling
  double factor = 1.07;
};

/// Immutable after parse; copy freely (about 1 KB). Any thread.
class PerfModel {
 public:
  /// Reads the text of a perf_model CSV: coefficients as key=value in '#' lines, then a table with
  /// the columns batch_tokens and linear_ms. kInvalid names the line. `name` is only for messages
  /// and listings.
  [[nodiscard]] static Result<PerfModel> parse(std::string name, std::string_view csv,
                                               Calibration calibration = {});

  /// Never zero. Cost: about 10 ns. batch_tokens above the table extrapolates its last segment.
  [[nodiscard]] std::chrono::nanoseconds iteration_time(const BatchShape& batch) const;

  /// Time to prefill `tokens` after `cached` ones, alone on an idle engine, in chunks of
  /// `max_batched_tokens`.
  [[nodiscard]] std::chrono::nanoseconds prefill_time(std::uint32_t tokens, std::uint32_t cached,
                                                      std::uint32_t max_batched_tokens) const;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint32_t kv_capacity_tokens() const { return kv_capacity_tokens_; }
  [[nodiscard]] std::uint32_t kv_bytes_per_token() const { return kv_bytes_per_token_; }
  [[nodiscard]] std::uint32_t gpus() const { return gpus_; }

 private:
  struct Segment {
    std::uint32_t from = 0;  ///< batch tokens where the segment begins
    double ns_at_from = 0;
    double ns_per_token = 0;
  };

  PerfModel() = default;
  void build_segments(std::span<const std::pair<std::uint32_t, double>> table, double scale);
  [[nodiscard]] double linear_ns(std::uint32_t batch_tokens) const;

  std::string name_;
  double constant_ns_ = 0;        ///< factor × (overhead + head)
  double prefill_ns_ = 0;         ///< per token², halved for BatchShape's doubling
  double decode_context_ns_ = 0;  ///< per attended token
  double decode_base_ns_ = 0;
  std::uint32_t kv_capacity_tokens_ = 0;
  std::uint32_t kv_bytes_per_token_ = 0;
  std::uint32_t gpus_ = 1;
  std::vector<Segment> segments_;
  /// Where to search, by the bit width of batch_tokens.
  std::array<std::uint32_t, 34> segment_of_width_{};
};

}  // namespace penstock::sim
