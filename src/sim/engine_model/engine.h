#pragma once
// One inference engine on virtual or real time: continuous batching with chunked prefill, prefix
// cache, KV capacity and preemption, as vLLM V1 schedules. Knows token counts and durations; must
// not know text, sockets, clocks or chance: `now` is an argument.
//
//   PENSTOCK_TRY(engine, Engine::create(config, perf));
//   PENSTOCK_TRY(handle, engine.add(request));
//   while (const auto iteration = engine.start(now)) {   // nullopt: nothing to do
//     now = iteration->end;                              // a server sleeps until then; add() and
//     abort() may come for (const EngineEvent& event : engine.complete()) …
//   }
//
// Each iteration: running sequences first (one token each, then the rest of a chunked prompt), then
// new ones from the queue while tokens, sequences and KV blocks last. When a running sequence finds
// no block, the last one in queue order loses its blocks and recomputes later. A hit in the prefix
// cache skips full blocks, but the last prompt token is always computed. One thread. Cost per
// iteration: finishes + new blocks (batch ÷ block size), plus one event per sequence with
// token_events; memory is reused, nothing is allocated per token.

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "sim/engine_model/block_cache.h"
#include "sim/engine_model/decode_batch.h"
#include "sim/engine_model/engine_types.h"
#include "sim/engine_model/perf_model.h"
#include "sim/engine_model/sequence.h"
#include "sim/engine_model/slot_heap.h"

namespace penstock::sim {

class Engine {
 public:
  /// kInvalid names the field that makes no sense and the value it needs.
  [[nodiscard]] static Result<Engine> create(const EngineConfig& config, PerfModel perf);

  /// Queues a request; it is looked at when the next iteration starts. kInvalid: no prompt;
  /// kTooLarge: prompt and output exceed max_model_len or what the KV cache can ever hold.
  [[nodiscard]] Result<RequestHandle> add(const EngineRequest& request);

  /// Forgets a request at once, in whatever state, with its blocks and its events not yet given
  /// out. False if it has finished or was aborted before.
  bool abort(RequestHandle handle);

  /// Begins an iteration at `now`; nullopt when there is nothing to run. Precondition: !busy(), now
  /// not before the last end. Without token_events, pure decode iterations are run together as long
  /// as nothing can happen in between and the next would start before `horizon` (when the next
  /// add() or abort() may come); the outcome is the same to the nanosecond as running them one by
  /// one.
  [[nodiscard]] std::optional<Iteration> start(SteadyTime now,
                                               SteadyTime horizon = SteadyTime::min());

  /// Ends the iteration begun: what happened, in time order. Valid until the next start().
  [[nodiscard]] std::span<const EngineEvent> complete();

  /// Between start() and complete().
  [[nodiscard]] bool busy() const { return busy_; }
  /// No request held.
  [[nodiscard]] bool idle() const { return running_.empty() && waiting_.empty(); }

  /// Iterations take `factor` times as long from the next start on (a throttled GPU). Must be > 0.
  void set_slowdown(double factor) { slowdown_ = factor; }
  /// Drops the prefix cache.
  void reset_prefix_cache() { cache_.forget_free(); }

  [[nodiscard]] const EngineConfig& config() const { return config_; }
  [[nodiscard]] const PerfModel& perf() const { return perf_; }
  [[nodiscard]] const EngineCounters& counters() const { return counters_; }
  [[nodiscard]] EngineGauges gauges() const;
  [[nodiscard]] const BlockCache& cache() const { return cache_; }

 private:
  static constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};

  Engine(const EngineConfig& config, PerfModel perf, std::uint32_t blocks);

  void give_decode_blocks();
  void give_under_pressure();
  void grant_block(std::uint32_t slot);
  void take_blocks(Sequence& sequence, std::uint32_t wanted);
  void continue_prefill(BatchShape& batch);
  void admit_waiting(BatchShape& batch);
  [[nodiscard]] bool admit(std::uint32_t slot, BatchShape& batch);
  void compute_chunk(std::uint32_t slot, TokenCount chunk, BatchShape& batch);
  void run_ahead(Iteration& run, SteadyTime horizon);
  [[nodiscard]] std::chrono::nanoseconds duration(const BatchShape& batch) const;

  [[nodiscard]] std::uint32_t last_in_order() const;
  void preempt(std::uint32_t slot);
  void emit_decode_tokens();
  void finish_decoded();
  void sample_prefilled();
  void finish(std::uint32_t slot, TokenCount computed);
  void release_blocks(Sequence& sequence);
  void publish_full(Sequence& sequence, TokenCount computed);
  void leave_running(std::uint32_t slot);
  void vacate(std::uint32_t slot);
  void enqueue(std::uint32_t slot);
  void dequeue(std::uint32_t slot);
  void emit(EventKind kind, const Sequence& sequence, TokenCount tokens, SteadyTime time);
  [[nodiscard]] TokenCount budget_left(const BatchShape& batch) const;
  [[nodiscard]] std::uint32_t blocks_for(TokenCount tokens) const {
    return (tokens + config_.block_size - 1) / config_.block_size;
  }

  EngineConfig config_;
  PerfModel perf_;
  BlockCache cache_;
  DecodeBatch decode_;
  SlotHeap<QueueKey> waiting_;
  std::vector<Sequence> sequences_;       ///< by slot
  std::vector<std::uint32_t> vacant_;     ///< slots to reuse
  std::vector<std::uint32_t> running_;    ///< in order of admission
  std::vector<std::uint32_t> prefilled_;  ///< whose prompt ends in the iteration under way
  std::vector<EngineEvent> events_;
  EngineCounters counters_;
  std::uint64_t waiting_prefill_tokens_ = 0;
  std::uint64_t arrivals_ = 0;
  std::uint64_t iteration_ = 0;  ///< the last one begun
  SteadyTime iteration_start_{};
  SteadyTime iteration_end_{};
  double slowdown_ = 1.0;
  std::uint32_t chunked_ = kNoSlot;  ///< the one running sequence whose prompt is not yet through
  bool busy_ = false;
  bool preempted_now_ = false;  ///< in the iteration under way: vLLM admits nobody then
  bool head_blocked_ = false;   ///< the queue's head found no KV blocks and none were freed since
};

}  // namespace penstock::sim
