#include "sim/engine_model/block_cache.h"

#include <bit>

namespace penstock::sim {

BlockCache::BlockCache(std::uint32_t blocks, Blocks kind)
    : blocks_(kind == Blocks::kFindable ? blocks : 0),
      table_(std::bit_ceil(blocks_.size() * 2 + 2)),
      mask_(table_.size() - 1),
      total_(blocks) {
  if (kind == Blocks::kCounted) {
    free_ = blocks;
    return;
  }
  for (BlockId block = 0; block < blocks; ++block) {
    push_back(block);
  }
}

std::optional<BlockId> BlockCache::find(BlockHash hash) const {
  for (std::size_t at = home(hash); table_[at].block != kNone; at = (at + 1) & mask_) {
    if (table_[at].tag == tag(hash) && blocks_[table_[at].block].hash == hash) {
      return table_[at].block;
    }
  }
  return std::nullopt;
}

void BlockCache::share(BlockId block) {
  if (blocks_[block].references++ == 0) {
    unlink(block);
  }
}

BlockId BlockCache::take() {
  const BlockId block = head_;
  unlink(block);
  if (blocks_[block].hashed) {
    erase_hash(block);
    ++evictions_;
  }
  blocks_[block].references = 1;
  return block;
}

void BlockCache::publish(BlockId block, BlockHash hash) {
  if (blocks_[block].hashed) {
    return;
  }
  std::size_t at = home(hash);
  for (; table_[at].block != kNone; at = (at + 1) & mask_) {
    if (table_[at].tag == tag(hash) && blocks_[table_[at].block].hash == hash) {
      return;
    }
  }
  table_[at] = {tag(hash), block};
  blocks_[block].hash = hash;
  blocks_[block].hashed = true;
  ++cached_;
}

void BlockCache::release(BlockId block) {
  if (--blocks_[block].references == 0) {
    push_back(block);
  }
}

void BlockCache::forget_free() {
  for (BlockId block = head_; block != kNone; block = blocks_[block].after) {
    if (blocks_[block].hashed) {
      erase_hash(block);
    }
  }
}

void BlockCache::push_back(BlockId block) {
  blocks_[block].before = tail_;
  blocks_[block].after = kNone;
  (tail_ == kNone ? head_ : blocks_[tail_].after) = block;
  tail_ = block;
  ++free_;
}

void BlockCache::unlink(BlockId block) {
  const auto [hash, before, after, references, hashed] = blocks_[block];
  (before == kNone ? head_ : blocks_[before].after) = after;
  (after == kNone ? tail_ : blocks_[after].before) = before;
  --free_;
}

void BlockCache::erase_hash(BlockId block) {
  blocks_[block].hashed = false;
  --cached_;
  std::size_t hole = home(blocks_[block].hash);
  while (table_[hole].block != block) {
    hole = (hole + 1) & mask_;
  }
  // Backward-shift deletion: no tombstones, so that lookups stay short for ever.
  for (std::size_t next = (hole + 1) & mask_; table_[next].block != kNone;
       next = (next + 1) & mask_) {
    const std::size_t wanted = home(blocks_[table_[next].block].hash);
    if (((next - wanted) & mask_) >= ((next - hole) & mask_)) {
      table_[hole] = table_[next];
      hole = next;
    }
  }
  table_[hole] = {};
}

bool BlockCache::consistent() const {
  if (blocks_.empty()) {
    return free_ <= total_ && cached_ == 0;
  }
  std::uint32_t listed = 0;
  BlockId before = kNone;
  for (BlockId block = head_; block != kNone; block = blocks_[block].after) {
    if (blocks_[block].before != before || blocks_[block].references != 0 || ++listed > total()) {
      return false;
    }
    before = block;
  }
  std::uint32_t unreferenced = 0;
  std::uint32_t hashed = 0;
  for (BlockId block = 0; block < total(); ++block) {
    unreferenced += blocks_[block].references == 0 ? 1U : 0U;
    hashed += blocks_[block].hashed ? 1U : 0U;
    if (blocks_[block].hashed && find(blocks_[block].hash) != block) {
      return false;
    }
  }
  std::uint32_t entries = 0;
  for (const Entry& entry : table_) {
    entries += entry.block != kNone ? 1U : 0U;
  }
  return before == tail_ && listed == free_ && unreferenced == free_ && hashed == cached_ &&
         entries == cached_;
}

}  // namespace penstock::sim
