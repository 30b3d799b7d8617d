#pragma once
// The KV cache of one engine as fixed-size blocks: who holds how many, which freed ones can still
// serve a prefix, which goes first. Knows blocks and hashes; must not know requests, time or
// tokens.
//
// A block is free (in the LRU list, perhaps still carrying a hash) or referenced by n ≥ 1 holders.
// A hit on a free block takes it out of the list; taking a new block takes the list's head and
// forgets its hash. Like vLLM V1 (vllm/v1/core/block_pool.py), but a second block of the same hash
// stays anonymous. Every operation is O(1).

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/engine_model/block_hash.h"

namespace penstock::sim {

using BlockId = std::uint32_t;

class BlockCache {
 public:
  enum class Blocks : std::uint8_t {
    kFindable,  ///< each has an identity; about 40 bytes per block, taken here and never again
    kCounted,   ///< only their number is kept: for engines without prefix caching
  };
  explicit BlockCache(std::uint32_t blocks, Blocks kind = Blocks::kFindable);

  [[nodiscard]] std::uint32_t total() const { return total_; }
  [[nodiscard]] std::uint32_t free() const { return free_; }
  [[nodiscard]] std::uint32_t used() const { return total() - free_; }
  [[nodiscard]] std::uint32_t cached() const { return cached_; }  ///< blocks that carry a hash
  [[nodiscard]] std::uint64_t evictions() const {
    return evictions_;
  }  ///< hashes forgotten to reuse the block

  /// The block that carries this hash, referenced or free. No effect on order or counts.
  [[nodiscard]] std::optional<BlockId> find(BlockHash hash) const;
  [[nodiscard]] bool is_free(BlockId block) const { return blocks_[block].references == 0; }

  /// One more reference to a block that `find` gave.
  void share(BlockId block);

  /// A block with one reference and no hash; the least recently freed one. Precondition: free() >
  /// 0.
  [[nodiscard]] BlockId take();

  /// Gives a held block its hash, once its tokens are computed; nothing happens if the hash is
  /// known already.
  void publish(BlockId block, BlockHash hash);

  /// Drops one reference. Release a sequence from its last block to its first, so that its tail is
  /// reused first.
  void release(BlockId block);

  /// The only two operations on counted blocks. Precondition of taking: free() >= count.
  void take_counted(std::uint32_t count) { free_ -= count; }
  void release_counted(std::uint32_t count) { free_ += count; }

  /// Forgets all hashes of free blocks (vLLM's reset_prefix_cache, only that it may run at any
  /// time).
  void forget_free();

  /// Recounts everything and says whether the counters, the list and the table agree. O(n); for
  /// tests.
  [[nodiscard]] bool consistent() const;

 private:
  static constexpr BlockId kNone = ~BlockId{0};
  struct Block {
    BlockHash hash = 0;
    BlockId before = kNone;
    BlockId after = kNone;
    std::uint32_t references = 0;
    bool hashed = false;
  };
  struct Entry {
    std::uint32_t tag = 0;
    BlockId block = kNone;
  };

  void push_back(BlockId block);
  void unlink(BlockId block);
  void erase_hash(BlockId block);
  [[nodiscard]] std::size_t home(BlockHash hash) const { return hash & mask_; }
  [[nodiscard]] static std::uint32_t tag(BlockHash hash) {
    return static_cast<std::uint32_t>(hash >> 32U);
  }

  std::vector<Block> blocks_;  ///< empty when only counted
  std::vector<Entry> table_;   ///< open addressing, linear probing, at most half full
  std::size_t mask_ = 0;
  BlockId head_ = kNone;
  BlockId tail_ = kNone;
  std::uint32_t total_ = 0;
  std::uint32_t free_ = 0;
  std::uint32_t cached_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace penstock::sim
