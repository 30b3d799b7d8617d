#include "sim/engine_model/engine.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace penstock::sim {
namespace {

/// Token arithmetic in 32 bits stays far from its end. Ten times the largest replica there is.
constexpr TokenCount kMostKvTokens = 1'000'000'000;

std::unexpected<Error> wrong(const char* field, std::uint64_t value, const std::string& need) {
  return fail(Code::kInvalid, std::string("engine: ") + field + " is " + std::to_string(value) +
                                  ", it must be " + need);
}

}  // namespace

Result<Engine> Engine::create(const EngineConfig& wanted, PerfModel perf) {
  EngineConfig config = wanted;
  if (config.block_size == 0) {
    return wrong("block_size", 0, "at least 1 (vLLM uses 16)");
  }
  if (config.max_num_seqs == 0) {
    return wrong("max_num_seqs", 0, "at least 1");
  }
  if (config.max_num_batched_tokens < config.max_num_seqs) {
    return wrong("max_num_batched_tokens", config.max_num_batched_tokens,
                 "at least max_num_seqs, " + std::to_string(config.max_num_seqs) +
                     ": every running sequence gets a token per iteration");
  }
  if (config.kv_capacity_tokens == 0) {
    config.kv_capacity_tokens = perf.kv_capacity_tokens();
  }
  if (config.kv_capacity_tokens > kMostKvTokens) {
    return wrong("kv_capacity_tokens", config.kv_capacity_tokens,
                 "at most " + std::to_string(kMostKvTokens));
  }
  const std::uint32_t blocks = config.kv_capacity_tokens / config.block_size;
  if (blocks == 0) {
    return wrong("kv_capacity_tokens", config.kv_capacity_tokens,
                 "at least one block of " + std::to_string(config.block_size));
  }
  const std::uint32_t most = blocks * config.block_size;
  config.max_model_len = config.max_model_len == 0 ? most : std::min(config.max_model_len, most);
  return Engine(config, std::move(perf), blocks);
}

Engine::Engine(const EngineConfig& config, PerfModel perf, std::uint32_t blocks)
    : config_(config),
      perf_(std::move(perf)),
      cache_(blocks,
             config.prefix_caching ? BlockCache::Blocks::kFindable : BlockCache::Blocks::kCounted),
      decode_(config.block_size) {}

Result<RequestHandle> Engine::add(const EngineRequest& request) {
  if (request.prompt_tokens == 0) {
    return wrong("prompt_tokens", 0, "at least 1");
  }
  const std::uint64_t length = std::uint64_t{request.prompt_tokens} + request.output_tokens;
  if (length > config_.max_model_len) {
    return fail(Code::kTooLarge, "engine: prompt and output have " + std::to_string(length) +
                                     " tokens, the context holds " +
                                     std::to_string(config_.max_model_len));
  }
  if (vacant_.empty()) {
    vacant_.push_back(static_cast<std::uint32_t>(sequences_.size()));
    sequences_.emplace_back();
  }
  const std::uint32_t slot = vacant_.back();
  vacant_.pop_back();
  Sequence& sequence = sequences_[slot];
  ++sequence.generation;
  sequence.id = request.id;
  sequence.key = {config_.policy == SchedulingPolicy::kPriority ? request.priority : 0,
                  arrivals_++};
  sequence.admitted_before = false;
  sequence.prompt = request.prompt_tokens;
  sequence.output = request.output_tokens;
  sequence.generated = 0;
  sequence.cached = 0;
  sequence.hashes.clear();
  if (config_.prefix_caching) {
    sequence.hashes.assign(request.block_hashes.begin(), request.block_hashes.end());
  }
  enqueue(slot);
  ++counters_.added;
  return RequestHandle{slot, sequence.generation};
}

bool Engine::abort(RequestHandle handle) {
  if (handle.slot >= sequences_.size()) {
    return false;
  }
  Sequence& sequence = sequences_[handle.slot];
  if (sequence.state == SequenceState::kVacant || sequence.generation != handle.generation) {
    return false;
  }
  if (sequence.state == SequenceState::kWaiting) {
    dequeue(handle.slot);
    head_blocked_ = false;
  } else {
    if (sequence.state == SequenceState::kDecode) {
      decode_.remove(handle.slot);
    }
    if (chunked_ == handle.slot) {
      chunked_ = kNoSlot;
    }
    std::erase(prefilled_, handle.slot);
    release_blocks(sequence);
    leave_running(handle.slot);
  }
  if (busy_) {  // what start() noted for complete()
    std::erase_if(events_, [&](const EngineEvent& event) { return event.id == sequence.id; });
  }
  vacate(handle.slot);
  ++counters_.aborted;
  return true;
}

std::optional<Iteration> Engine::start(SteadyTime now, SteadyTime horizon) {
  if (idle()) {
    return std::nullopt;
  }
  busy_ = true;
  preempted_now_ = false;
  events_.clear();
  prefilled_.clear();
  ++iteration_;
  iteration_start_ = now;

  BatchShape batch;
  give_decode_blocks();
  continue_prefill(batch);
  if (!preempted_now_) {
    admit_waiting(batch);
  }
  batch.decode_sequences = decode_.size();
  batch.decode_context_tokens = decode_.context(iteration_);

  Iteration run{.start = now,
                .end = now + duration(batch),
                .iterations = 1,
                .prefill_tokens = batch.prefill_tokens,
                .decode_sequences = batch.decode_sequences};
  counters_.computed_prefill_tokens += batch.prefill_tokens;
  const bool only_decode = batch.prefill_tokens == 0 && chunked_ == kNoSlot && !preempted_now_;
  if (only_decode && !config_.token_events) {
    run_ahead(run, horizon);
  }
  iteration_end_ = run.end;
  counters_.iterations += run.iterations;
  counters_.busy += run.end - run.start;
  return run;
}

/// Whoever waits was refused for want of sequences or blocks, and neither comes back before
/// somebody finishes: so the next iterations are the same batch, one token longer each. One thing
/// could still let the queue's head in: an answer that becomes the prefix it waits for.
void Engine::run_ahead(Iteration& run, SteadyTime horizon) {
  const bool wants_blocks = !waiting_.empty() && running_.size() < config_.max_num_seqs;
  while (run.end < horizon && !decode_.finishes_by(iteration_)) {
    const auto needing = decode_.needing_block(iteration_ + 1);
    const auto publishes = [&](const DecodeBatch::Needy& needy) {
      return sequences_[needy.slot].published < sequences_[needy.slot].hashes.size();
    };
    if (needing.size() > cache_.free() ||
        (wants_blocks && std::ranges::any_of(needing, publishes))) {
      return;
    }
    counters_.generation_tokens += decode_.size();
    ++iteration_;
    ++run.iterations;
    for (const auto& needy : needing) {
      grant_block(needy.slot);
    }
    run.end += duration(
        {.decode_sequences = decode_.size(), .decode_context_tokens = decode_.context(iteration_)});
  }
}

std::chrono::nanoseconds Engine::duration(const BatchShape& batch) const {
  const std::chrono::nanoseconds time = perf_.iteration_time(batch);
  if (slowdown_ == 1.0) {
    return time;
  }
  return std::chrono::nanoseconds(
      std::max<std::int64_t>(1, std::llround(static_cast<double>(time.count()) * slowdown_)));
}

std::span<const EngineEvent> Engine::complete() {
  busy_ = false;
  counters_.generation_tokens += decode_.size();
  if (config_.token_events) {
    emit_decode_tokens();
  }
  finish_decoded();
  sample_prefilled();
  return events_;
}

void Engine::emit_decode_tokens() {
  for (const std::uint32_t slot : running_) {
    const Sequence& sequence = sequences_[slot];
    if (sequence.state == SequenceState::kDecode) {
      const auto steps = static_cast<TokenCount>(iteration_ - sequence.decode_from + 1);
      emit(EventKind::kToken, sequence, sequence.generated + steps, iteration_end_);
    }
  }
}

void Engine::finish_decoded() {
  while (decode_.finishes_by(iteration_)) {
    const std::uint32_t slot = decode_.first_to_finish();
    decode_.remove(slot);
    // The last token is sampled, never fed back: its KV does not exist.
    finish(slot, sequences_[slot].prompt + sequences_[slot].output - 1);
  }
}

void Engine::sample_prefilled() {
  for (const std::uint32_t slot : prefilled_) {
    Sequence& sequence = sequences_[slot];
    if (sequence.generated == 0) {
      counters_.prompt_tokens += sequence.prompt;
    }
    if (sequence.output == 0) {
      finish(slot, sequence.computed);
      continue;
    }
    ++sequence.generated;
    ++counters_.generation_tokens;
    if (sequence.generated == 1) {
      emit(EventKind::kFirstToken, sequence, 1, iteration_end_);
    } else if (config_.token_events) {
      emit(EventKind::kToken, sequence, sequence.generated, iteration_end_);
    }
    if (sequence.generated == sequence.output) {
      finish(slot, sequence.computed);
      continue;
    }
    sequence.state = SequenceState::kDecode;
    sequence.decode_from = iteration_ + 1;
    decode_.add(slot, {.from = sequence.decode_from,
                       .computed = sequence.computed,
                       .steps = sequence.output - sequence.generated,
                       .key = sequence.key});
  }
  prefilled_.clear();
}

void Engine::finish(std::uint32_t slot, TokenCount computed) {
  Sequence& sequence = sequences_[slot];
  publish_full(sequence, computed);
  emit(EventKind::kFinished, sequence, sequence.output, iteration_end_);
  release_blocks(sequence);
  leave_running(slot);
  vacate(slot);
  ++counters_.finished;
}

void Engine::release_blocks(Sequence& sequence) {
  cache_.release_counted(sequence.counted_blocks);
  sequence.counted_blocks = 0;
  for (auto block = sequence.blocks.rbegin(); block != sequence.blocks.rend(); ++block) {
    cache_.release(*block);
  }
  sequence.blocks.clear();
  head_blocked_ = false;
}

void Engine::publish_full(Sequence& sequence, TokenCount computed) {
  const auto known = static_cast<std::uint32_t>(sequence.hashes.size());
  const std::uint32_t full = std::min(computed / config_.block_size, known);
  for (; sequence.published < full; ++sequence.published) {
    head_blocked_ = false;  // what was published may be the prefix that the queue's head lacks
    cache_.publish(sequence.blocks[sequence.published], sequence.hashes[sequence.published]);
  }
}

void Engine::leave_running(std::uint32_t slot) {
  running_.erase(std::ranges::find(running_, slot));
}

void Engine::vacate(std::uint32_t slot) {
  sequences_[slot].state = SequenceState::kVacant;
  vacant_.push_back(slot);
}

void Engine::enqueue(std::uint32_t slot) {
  Sequence& sequence = sequences_[slot];
  sequence.state = SequenceState::kWaiting;
  sequence.computed = 0;
  sequence.published = 0;
  if (waiting_.empty() || sequence.key < waiting_.top_key()) {
    head_blocked_ = false;
  }
  waiting_.push(slot, sequence.key);
  waiting_prefill_tokens_ += sequence.to_compute();
}

void Engine::dequeue(std::uint32_t slot) {
  waiting_.erase(slot);
  waiting_prefill_tokens_ -= sequences_[slot].to_compute();
}

void Engine::emit(EventKind kind, const Sequence& sequence, TokenCount tokens, SteadyTime time) {
  events_.push_back({time, sequence.id, kind, tokens, sequence.cached});
}

EngineGauges Engine::gauges() const {
  return {.running = static_cast<std::uint32_t>(running_.size()),
          .waiting = static_cast<std::uint32_t>(waiting_.size()),
          .kv_blocks_used = cache_.used(),
          .kv_blocks_total = cache_.total(),
          .waiting_prefill_tokens = waiting_prefill_tokens_};
}

}  // namespace penstock::sim
