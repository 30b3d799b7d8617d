// The first half of an iteration: who computes what, and in which KV blocks. The order of steps and
// the choice of the victim follow vLLM V1 (vllm/v1/core/sched/scheduler.py, schedule()).
#include <algorithm>

#include "sim/engine_model/engine.h"

namespace penstock::sim {

void Engine::give_decode_blocks() {
  const auto needing = decode_.needing_block(iteration_);
  if (needing.size() > cache_.free()) {
    give_under_pressure();
    return;
  }
  for (const auto& needy : needing) {
    grant_block(needy.slot);
  }
}

void Engine::give_under_pressure() {
  const auto due = decode_.needing_block(iteration_);
  const std::vector<DecodeBatch::Needy> needing(due.begin(), due.end());  // preemption changes it
  for (const auto& [key, slot] : needing) {
    while (sequences_[slot].state == SequenceState::kDecode && cache_.free() == 0) {
      preempt(last_in_order());
    }
    if (sequences_[slot].state == SequenceState::kDecode) {
      grant_block(slot);
    }
  }
}

void Engine::grant_block(std::uint32_t slot) {
  Sequence& sequence = sequences_[slot];
  if (!config_.prefix_caching) {
    cache_.take_counted(1);
    ++sequence.counted_blocks;
    return;
  }
  sequence.blocks.push_back(cache_.take());
  publish_full(sequence,
               sequence.computed + static_cast<TokenCount>(iteration_ - sequence.decode_from));
}

void Engine::continue_prefill(BatchShape& batch) {
  if (chunked_ == kNoSlot) {
    return;
  }
  const std::uint32_t slot = chunked_;
  const Sequence& sequence = sequences_[slot];
  const TokenCount chunk = std::min(sequence.to_compute() - sequence.computed, budget_left(batch));
  const std::uint32_t held = sequence.held_blocks();
  while (blocks_for(sequence.computed + chunk) - held > cache_.free()) {
    const std::uint32_t victim = last_in_order();
    preempt(victim);
    if (victim == slot) {
      return;
    }
  }
  compute_chunk(slot, chunk, batch);
}

void Engine::admit_waiting(BatchShape& batch) {
  while (!waiting_.empty() && !head_blocked_ && running_.size() < config_.max_num_seqs &&
         budget_left(batch) > 0) {
    const std::uint32_t slot = waiting_.top();
    if (!admit(slot, batch)) {
      head_blocked_ = true;
    }
  }
}

bool Engine::admit(std::uint32_t slot, BatchShape& batch) {
  Sequence& sequence = sequences_[slot];
  // At least one token is computed, else there is nothing to sample from.
  const std::size_t reusable = std::min<std::size_t>(
      (sequence.to_compute() - 1) / config_.block_size, sequence.hashes.size());
  std::uint32_t revived = 0;
  sequence.blocks.clear();
  while (sequence.blocks.size() < reusable) {
    const auto hit = cache_.find(sequence.hashes[sequence.blocks.size()]);
    if (!hit) {
      break;
    }
    revived += cache_.is_free(*hit) ? 1U : 0U;
    sequence.blocks.push_back(*hit);
  }
  const auto hits = static_cast<std::uint32_t>(sequence.blocks.size());
  const TokenCount cached = hits * config_.block_size;
  const TokenCount chunk = std::min(sequence.to_compute() - cached, budget_left(batch));
  if (blocks_for(cached + chunk) - hits + revived > cache_.free()) {
    sequence.blocks.clear();
    return false;
  }
  for (const BlockId block : sequence.blocks) {
    cache_.share(block);
  }
  dequeue(slot);
  running_.push_back(slot);
  sequence.state = SequenceState::kPrefill;
  sequence.computed = cached;
  sequence.published = hits;
  if (!sequence.admitted_before) {
    sequence.admitted_before = true;
    sequence.cached = cached;
    if (config_.prefix_caching) {
      counters_.prefix_cache_queries += sequence.prompt;
      counters_.prefix_cache_hits += cached;
    }
    emit(EventKind::kScheduled, sequence, 0, iteration_start_);
  }
  compute_chunk(slot, chunk, batch);
  return true;
}

/// Takes the blocks for the next `chunk` prompt tokens and puts them into the batch. Like vLLM it
/// publishes them at once: whoever is admitted after it in the same iteration may share them.
void Engine::compute_chunk(std::uint32_t slot, TokenCount chunk, BatchShape& batch) {
  Sequence& sequence = sequences_[slot];
  batch.prefill_tokens += chunk;
  batch.prefill_attention_tokens2 += BatchShape::prefill_attention(sequence.computed, chunk);
  sequence.computed += chunk;
  take_blocks(sequence, blocks_for(sequence.computed));
  const bool through = sequence.computed == sequence.to_compute();
  if (through) {
    prefilled_.push_back(slot);
  }
  chunked_ = through ? kNoSlot : slot;
}

void Engine::take_blocks(Sequence& sequence, std::uint32_t wanted) {
  if (!config_.prefix_caching) {
    cache_.take_counted(wanted - sequence.counted_blocks);
    sequence.counted_blocks = wanted;
    return;
  }
  while (sequence.blocks.size() < wanted) {
    sequence.blocks.push_back(cache_.take());
  }
  publish_full(sequence, sequence.computed);
}

TokenCount Engine::budget_left(const BatchShape& batch) const {
  return config_.max_num_batched_tokens - decode_.size() - batch.prefill_tokens;
}

std::uint32_t Engine::last_in_order() const {
  if (config_.policy == SchedulingPolicy::kFcfs) {
    return running_
        .back();  // admitted in arrival order, and who is preempted is admitted again first
  }
  return *std::ranges::max_element(running_, {},
                                   [&](std::uint32_t slot) { return sequences_[slot].key; });
}

void Engine::preempt(std::uint32_t slot) {
  Sequence& sequence = sequences_[slot];
  if (sequence.state == SequenceState::kDecode) {
    const auto steps = static_cast<TokenCount>(iteration_ - sequence.decode_from);
    sequence.generated += steps;
    sequence.computed += steps;
    decode_.remove(slot);
  }
  if (chunked_ == slot) {
    chunked_ = kNoSlot;
  }
  preempted_now_ = true;
  ++counters_.preemptions;
  counters_.recomputed_tokens += sequence.computed;
  emit(EventKind::kPreempted, sequence, sequence.generated, iteration_start_);
  release_blocks(sequence);
  leave_running(slot);
  enqueue(slot);
}

}  // namespace penstock::sim
