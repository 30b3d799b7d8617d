#include "tests/unit/sim/reference_engine.h"

#include <algorithm>
#include <utility>

namespace penstock::sim {

ReferenceEngine::ReferenceEngine(const EngineConfig& config, PerfModel perf)
    : config_(config),
      perf_(std::move(perf)),
      blocks_(config.kv_capacity_tokens / config.block_size) {
  for (std::uint32_t block = 0; block < blocks_; ++block) {
    free_.push_back(block);
  }
}

void ReferenceEngine::add(const EngineRequest& request) {
  Request added;
  added.id = request.id;
  added.key = {config_.policy == SchedulingPolicy::kPriority ? request.priority : 0, arrivals_++};
  added.prompt = request.prompt_tokens;
  added.output = request.output_tokens;
  if (config_.prefix_caching) {
    added.hashes.assign(request.block_hashes.begin(), request.block_hashes.end());
  }
  requests_.emplace(request.id, added);
}

void ReferenceEngine::abort(RequestId id) {
  release(requests_.at(id));
  requests_.erase(id);
  std::erase_if(events_, [&](const EngineEvent& event) { return event.id == id; });
}

std::optional<SteadyTime> ReferenceEngine::start(SteadyTime now) {
  events_.clear();
  if (requests_.empty()) {
    return std::nullopt;
  }
  start_ = now;
  preempted_ = false;
  for (auto& [id, request] : requests_) {
    request.scheduled_now = 0;
  }
  for (Request* request : in_order(State::kDecode)) {
    run(*request);
  }
  for (Request* request : in_order(State::kPrefill)) {
    run(*request);
  }
  for (Request* request : in_order(State::kWaiting)) {
    if (preempted_ || budget() == 0 || running() == config_.max_num_seqs || !admit(*request)) {
      break;
    }
  }
  BatchShape batch;
  for (const auto& [id, request] : requests_) {
    const TokenCount now_tokens = request.scheduled_now;
    if (request.state == State::kDecode && now_tokens > 0) {
      batch.decode_sequences += 1;
      batch.decode_context_tokens += request.computed;
    } else if (request.state == State::kPrefill) {
      batch.prefill_tokens += now_tokens;
      batch.prefill_attention_tokens2 +=
          BatchShape::prefill_attention(request.computed - now_tokens, now_tokens);
    }
  }
  end_ = now + perf_.iteration_time(batch);
  return end_;
}

std::vector<EngineEvent> ReferenceEngine::complete() {
  std::vector<RequestId> done;
  for (auto& [id, request] : requests_) {
    const bool sampled =
        request.scheduled_now > 0 && request.computed == request.prompt + request.generated;
    if (!sampled) {
      continue;
    }
    if (request.output > 0) {
      request.state = State::kDecode;
      ++request.generated;
      events_.push_back({end_, id,
                         request.generated == 1 ? EventKind::kFirstToken : EventKind::kToken,
                         request.generated, request.cached});
    }
    if (request.generated == request.output) {
      events_.push_back({end_, id, EventKind::kFinished, request.output, request.cached});
      done.push_back(id);
    }
  }
  // Blocks come back in the engine's order: those that decoded, by key, then those
  // whose prompt just ended, as they were scheduled.
  std::ranges::sort(done, {}, [&](RequestId id) {
    return std::pair(requests_.at(id).prompt_step, requests_.at(id).key);
  });
  for (const RequestId id : done) {
    publish(requests_.at(id));
    release(requests_.at(id));
    requests_.erase(id);
  }
  return events_;
}

/// One more step of a sequence that runs: makes room, at the cost of the last in the queue.
void ReferenceEngine::run(Request& request) {
  const bool was_decoding = request.state == State::kDecode;
  if (request.state == State::kWaiting) {
    return;  // preempted a moment ago
  }
  const TokenCount tokens =
      was_decoding ? 1 : std::min(request.prompt + request.generated - request.computed, budget());
  while (blocks_for(request.computed + tokens) - request.held.size() > free_.size()) {
    Request* victim = nullptr;
    for (auto& [id, other] : requests_) {
      if (other.state != State::kWaiting && (victim == nullptr || other.key > victim->key)) {
        victim = &other;
      }
    }
    preempt(*victim);
    if (victim == &request) {
      return;
    }
  }
  compute(request, tokens);
}

bool ReferenceEngine::admit(Request& request) {
  std::vector<std::uint32_t> hits;
  const std::size_t reusable = (request.prompt + request.generated - 1) / config_.block_size;
  while (hits.size() < std::min(reusable, request.hashes.size())) {
    const auto found = known_.find(request.hashes[hits.size()]);
    if (found == known_.end()) {
      break;
    }
    hits.push_back(found->second);
  }
  const auto cached = static_cast<TokenCount>(hits.size()) * config_.block_size;
  const TokenCount tokens = std::min(request.prompt + request.generated - cached, budget());
  std::size_t needed = blocks_for(cached + tokens) - hits.size();
  for (const std::uint32_t block : hits) {
    needed += references_[block] == 0 ? 1U : 0U;
  }
  if (needed > free_.size()) {
    return false;
  }
  for (const std::uint32_t block : hits) {
    free_.remove(block);
    ++references_[block];
  }
  request.held = hits;
  request.published = hits.size();
  request.computed = cached;
  request.state = State::kPrefill;
  if (!request.admitted_before) {
    request.admitted_before = true;
    request.cached = cached;
    events_.push_back({start_, request.id, EventKind::kScheduled, 0, cached});
  }
  compute(request, tokens);
  return true;
}

void ReferenceEngine::compute(Request& request, TokenCount tokens) {
  request.prompt_step = request.state == State::kPrefill ? ++prompt_steps_ : 0;
  request.scheduled_now = tokens;
  request.computed += tokens;
  while (request.held.size() < blocks_for(request.computed)) {
    const std::uint32_t block = free_.front();
    free_.pop_front();
    std::erase_if(known_, [&](const auto& entry) { return entry.second == block; });
    references_[block] = 1;
    request.held.push_back(block);
  }
  if (request.state == State::kPrefill) {
    publish(request);
  } else if ((request.computed - 1) % config_.block_size == 0) {
    request.computed -= 1;  // the engine publishes a decoded block when the next one begins
    publish(request);
    request.computed += 1;
  }
}

void ReferenceEngine::publish(Request& request) {
  const std::size_t full =
      std::min<std::size_t>(request.computed / config_.block_size, request.hashes.size());
  for (std::size_t& i = request.published; i < full; ++i) {
    const bool named = std::ranges::any_of(
        known_, [&](const auto& entry) { return entry.second == request.held[i]; });
    if (!named) {
      known_.emplace(request.hashes[i], request.held[i]);
    }
  }
}

void ReferenceEngine::preempt(Request& request) {
  preempted_ = true;
  if (request.state == State::kDecode && request.scheduled_now > 0) {
    request.computed -= request.scheduled_now;
  }
  events_.push_back({start_, request.id, EventKind::kPreempted, request.generated, request.cached});
  release(request);
  request.state = State::kWaiting;
  request.scheduled_now = 0;
  request.computed = 0;
}

void ReferenceEngine::release(Request& request) {
  for (auto block = request.held.rbegin(); block != request.held.rend(); ++block) {
    if (--references_[*block] == 0) {
      free_.push_back(*block);
    }
  }
  request.held.clear();
}

std::vector<ReferenceEngine::Request*> ReferenceEngine::in_order(State state) {
  std::vector<Request*> found;
  for (auto& [id, request] : requests_) {
    if (request.state == state) {
      found.push_back(&request);
    }
  }
  std::ranges::sort(found, {}, [](const Request* request) { return request->key; });
  return found;
}

std::uint32_t ReferenceEngine::running() const {
  return static_cast<std::uint32_t>(requests_.size()) - waiting();
}

std::uint32_t ReferenceEngine::waiting() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      requests_, [](const auto& entry) { return entry.second.state == State::kWaiting; }));
}

std::uint32_t ReferenceEngine::blocks_for(TokenCount tokens) const {
  return (tokens + config_.block_size - 1) / config_.block_size;
}

/// Tokens left in this iteration; every decoding sequence has its one reserved.
TokenCount ReferenceEngine::budget() const {
  TokenCount left = config_.max_num_batched_tokens;
  for (const auto& [id, request] : requests_) {
    left -= request.state == State::kDecode ? 1 : request.scheduled_now;
  }
  return left;
}

}  // namespace penstock::sim
