#pragma once
// One request inside the engine: how far it is and which KV blocks it holds. A record; the engine
// keeps the rules.

#include <cstdint>
#include <vector>

#include "sim/engine_model/block_cache.h"
#include "sim/engine_model/engine_types.h"
#include "sim/engine_model/queue_key.h"

namespace penstock::sim {

enum class SequenceState : std::uint8_t { kVacant, kWaiting, kPrefill, kDecode };

struct Sequence {
  RequestId id = 0;
  QueueKey key;
  std::uint32_t generation = 0;  ///< of the slot: tells a stale RequestHandle
  SequenceState state = SequenceState::kVacant;
  bool admitted_before = false;
  TokenCount prompt = 0;
  TokenCount output = 0;
  TokenCount generated = 0;  ///< as of decode_from, when decoding
  TokenCount computed = 0;   ///< KV tokens, as of decode_from, when decoding
  TokenCount cached = 0;     ///< at first admission
  std::uint64_t decode_from =
      0;  ///< the iteration of its first decode step since it (last) entered the batch
  std::uint32_t published =
      0;  ///< leading blocks whose hash the cache was told, or that came from it
  std::uint32_t counted_blocks = 0;  ///< held, without prefix caching; then `blocks` is empty
  std::vector<BlockHash> hashes;
  std::vector<BlockId> blocks;

  [[nodiscard]] std::uint32_t held_blocks() const {
    return counted_blocks + static_cast<std::uint32_t>(blocks.size());
  }

  /// Tokens whose KV must exist before the next token can be sampled.
  [[nodiscard]] TokenCount to_compute() const { return prompt + generated; }
};

}  // namespace penstock::sim
