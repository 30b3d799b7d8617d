#pragma once
// The sequences that get one token per iteration, kept as aggregates: an iteration costs what
// changes in it, not the batch size. Knows iteration numbers and token counts; must not know
// requests, blocks or time.
//
// A member that entered at iteration f with c tokens of KV has c + (i - f) before iteration i. So
// the batch's context is linear in i, the iterations at which a member needs a new block are one
// residue class modulo the block size (a bucket), and its last iteration is fixed on entry (a
// heap).

#include <cstdint>
#include <span>
#include <vector>

#include "sim/engine_model/queue_key.h"
#include "sim/engine_model/slot_heap.h"

namespace penstock::sim {

class DecodeBatch {
 public:
  explicit DecodeBatch(std::uint32_t block_size);

  struct Member {
    std::uint64_t from = 0;      ///< first iteration it takes part in
    std::uint64_t computed = 0;  ///< KV tokens before that iteration
    std::uint64_t steps = 0;     ///< iterations until it is done, at least 1
    QueueKey key{};  ///< decides who comes first of those that need a block or finish together
  };

  void add(std::uint32_t slot, const Member& member);
  /// Precondition: contains(slot). O(log n).
  void remove(std::uint32_t slot);

  [[nodiscard]] bool contains(std::uint32_t slot) const { return finishing_.contains(slot); }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(finishing_.size()); }

  /// Σ over members of the tokens that their new token of iteration `i` attends to, itself
  /// included.
  [[nodiscard]] std::uint64_t context(std::uint64_t i) const {
    return static_cast<std::uint64_t>(context_at_zero_ +
                                      static_cast<std::int64_t>(size() * (i + 1)));
  }

  struct Needy {
    QueueKey key;
    std::uint32_t slot = 0;
  };
  /// Members whose KV block is full before iteration `i`, in order of key. Invalidated by add and
  /// remove.
  [[nodiscard]] std::span<const Needy> needing_block(std::uint64_t i) const {
    return buckets_[i % buckets_.size()];
  }

  /// True if some member's last iteration is `i` (or was before it).
  [[nodiscard]] bool finishes_by(std::uint64_t i) const {
    return !finishing_.empty() && finishing_.top_key().last <= i;
  }
  /// The member that finishes first. Precondition: size() > 0.
  [[nodiscard]] std::uint32_t first_to_finish() const { return finishing_.top(); }

 private:
  struct FinishKey {
    std::uint64_t last = 0;
    QueueKey key;
    friend auto operator<=>(const FinishKey&, const FinishKey&) = default;
  };
  struct Place {
    std::uint32_t bucket = 0;
    std::int64_t context_at_zero = 0;
  };

  std::vector<std::vector<Needy>> buckets_;  ///< a few members each, kept sorted
  std::vector<Place> places_;                ///< by slot
  SlotHeap<FinishKey> finishing_;
  std::int64_t context_at_zero_ = 0;
};

}  // namespace penstock::sim
