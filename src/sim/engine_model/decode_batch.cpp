#include "sim/engine_model/decode_batch.h"

#include <algorithm>

namespace penstock::sim {

DecodeBatch::DecodeBatch(std::uint32_t block_size) : buckets_(block_size) {}

void DecodeBatch::add(std::uint32_t slot, const Member& member) {
  if (slot >= places_.size()) {
    places_.resize(slot + 1U);
  }
  // Its KV is full before iteration i when computed + (i - from) is a multiple of the block size.
  const std::uint64_t size = buckets_.size();
  const std::uint64_t residue = (member.from % size + size - member.computed % size) % size;
  Place& place = places_[slot];
  place.bucket = static_cast<std::uint32_t>(residue);
  place.context_at_zero =
      static_cast<std::int64_t>(member.computed) - static_cast<std::int64_t>(member.from);
  std::vector<Needy>& bucket = buckets_[residue];
  bucket.insert(std::ranges::upper_bound(bucket, member.key, {}, &Needy::key), {member.key, slot});
  context_at_zero_ += place.context_at_zero;
  finishing_.push(slot, {member.from + member.steps - 1, member.key});
}

void DecodeBatch::remove(std::uint32_t slot) {
  const Place& place = places_[slot];
  std::vector<Needy>& bucket = buckets_[place.bucket];
  bucket.erase(std::ranges::find(bucket, slot, &Needy::slot));
  context_at_zero_ -= place.context_at_zero;
  finishing_.erase(slot);
}

}  // namespace penstock::sim
