#pragma once
// The words of the engine model: its configuration, what goes in (a request) and what comes out
// (events, counters, gauges). Knows vLLM's vocabulary; must not know HTTP, text or tokenizers.

#include <chrono>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "sim/engine_model/block_hash.h"

namespace penstock::sim {

using RequestId = std::uint64_t;  ///< the caller's name for a request; the engine only repeats it
using TokenCount = std::uint32_t;

/// The engine's name for a request it holds; never reused.
struct RequestHandle {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  friend bool operator==(RequestHandle, RequestHandle) = default;
};

enum class SchedulingPolicy : std::uint8_t {
  kFcfs,      ///< by arrival at the engine
  kPriority,  ///< lower priority value first, then arrival (vLLM's --scheduling-policy priority)
};

/// vLLM's flags of the same names.
struct EngineConfig {
  TokenCount max_num_batched_tokens = 8192;  ///< per iteration; at least max_num_seqs
  std::uint32_t max_num_seqs = 256;
  std::uint32_t block_size = 16;
  TokenCount kv_capacity_tokens = 0;  ///< 0: the performance model's
  TokenCount max_model_len = 0;       ///< prompt + output; 0: what the KV cache holds
  bool prefix_caching = true;
  SchedulingPolicy policy = SchedulingPolicy::kFcfs;
  bool token_events =
      true;  ///< false: no kToken events, and start() may run several decode iterations at once
};

struct EngineRequest {
  RequestId id = 0;
  TokenCount prompt_tokens = 0;  ///< at least 1
  TokenCount output_tokens = 0;  ///< what it will really produce; 0: prefill only (embeddings)
  std::int32_t priority = 0;     ///< only under kPriority; lower goes first
  /// Chain of the prompt's full blocks (block_hash.h), in the engine's block size; may be empty
  /// (nothing shared) and may go on into the output, so that a next turn hits the answer too.
  /// Copied by add().
  std::span<const BlockHash> block_hashes{};
};

enum class EventKind : std::uint8_t {
  kScheduled,   ///< first admitted: the end of its queue time; cached_tokens is set
  kFirstToken,  ///< tokens is 1
  kToken,       ///< only with token_events
  kPreempted,  ///< lost its KV blocks and waits again; nothing is visible to the client but a stall
  kFinished,   ///< the last event of a request; tokens is its output
};

struct EngineEvent {
  SteadyTime time{};  ///< kScheduled, kPreempted: start of the iteration; others: its end
  RequestId id = 0;
  EventKind kind = EventKind::kToken;
  TokenCount tokens = 0;         ///< output tokens so far
  TokenCount cached_tokens = 0;  ///< prompt tokens found in the prefix cache at first admission
};

/// A run of iterations that has begun (one, unless token_events is off).
struct Iteration {
  SteadyTime start{};
  SteadyTime end{};
  std::uint32_t iterations = 1;
  TokenCount prefill_tokens = 0;       ///< computed in the run, cached ones excluded
  std::uint32_t decode_sequences = 0;  ///< at its start
};

/// Only ever grow. Names after vLLM's metrics where there is one.
struct EngineCounters {
  std::uint64_t added = 0;
  std::uint64_t finished = 0;
  std::uint64_t aborted = 0;
  std::uint64_t preemptions = 0;
  std::uint64_t prompt_tokens = 0;  ///< of requests whose prefill completed, cached ones included
  std::uint64_t generation_tokens = 0;
  std::uint64_t prefix_cache_queries = 0;     ///< tokens looked up at first admission
  std::uint64_t prefix_cache_hits = 0;        ///< tokens found
  std::uint64_t computed_prefill_tokens = 0;  ///< recomputation after preemption included
  std::uint64_t recomputed_tokens = 0;        ///< KV tokens that a preemption threw away
  std::uint64_t iterations = 0;
  std::chrono::nanoseconds busy{0};
};

struct EngineGauges {
  std::uint32_t running = 0;
  std::uint32_t waiting = 0;
  std::uint32_t kv_blocks_used = 0;
  std::uint32_t kv_blocks_total = 0;
  std::uint64_t waiting_prefill_tokens =
      0;  ///< prompt tokens not yet admitted, cache hits not subtracted

  [[nodiscard]] double kv_usage() const {
    return kv_blocks_total == 0
               ? 0.0
               : static_cast<double>(kv_blocks_used) / static_cast<double>(kv_blocks_total);
  }
};

}  // namespace penstock::sim
