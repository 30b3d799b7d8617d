#include "sim/scenario/simulation.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "sim/engine_model/block_hash.h"
#include "sim/scenario/run.h"

namespace penstock::sim {
namespace {

/// After the load's end, calls still in flight may take this long; then something is wrong.
constexpr std::chrono::hours kLongestRest{240};

}  // namespace

Result<Outcome> simulate(const Scenario& scenario, const PerfModel& perf, TraceSource& trace,
                         Scaler& scaler) {
  PENSTOCK_CHECK_OK(check(scenario));
  PENSTOCK_TRY(pods, Pods::create(scenario.engine, perf, scenario.gateway_cores));
  return Run(scenario, perf, std::move(pods), trace, scaler).run();
}

Run::Run(const Scenario& scenario, const PerfModel& perf, Pods pods, TraceSource& trace,
         Scaler& scaler)
    : scenario_(scenario),
      perf_(perf),
      pods_(std::move(pods)),
      trace_(trace),
      scaler_(scaler),
      sampling_(scaler.sampling()),
      cores_(~scenario.seed),
      tally_(scenario, perf) {
  desired_ = scenario.initial_replicas > 0 ? scenario.initial_replicas : scenario.min_replicas;
  for (std::uint32_t i = 0; i < desired_; ++i) {
    pods_.add(now_, PodPhase::kReady);
  }
  for (std::uint32_t core = 0; core < scenario.gateway_cores; ++core) {
    fronts_.emplace_back(scenario.algorithm, scenario.seed, core);
  }
  tell_gateways();
  controls_.push(now_ + kTick, {.step = Step::kTick});
  controls_.push(now_ + sampling_.interval, {.step = Step::kScrape});
}

SteadyTime Run::arrival() const {
  return pending_ ? SteadyTime{} + pending_->at : SteadyTime::max();
}

bool Run::over() const {
  return !pending_ && in_flight_ == 0 && queue_.empty();
}

Result<> Run::fetch() {
  TraceRequest request = pending_ ? *std::move(pending_) : TraceRequest{};
  PENSTOCK_TRY(more, trace_.next(request));
  pending_.reset();
  if (more) {
    pending_ = std::move(request);
  }
  return {};
}

Result<Outcome> Run::run() {
  const std::uint64_t at_first = pods_.created();
  PENSTOCK_CHECK_OK(fetch());
  while (!over()) {
    now_ = std::min(
        {arrival(), controls_.next_time(), ends_.empty() ? SteadyTime::max() : ends_.next_time()});
    if (!pending_ && now_ > last_arrival_ + kLongestRest) {
      return fail(Code::kInternal, "the run does not end: " + std::to_string(in_flight_) +
                                       " calls are in flight ten days after the last arrival");
    }
    end_iterations();
    do_controls();
    while (pending_ && arrival() <= now_) {
      last_arrival_ = now_;
      arrive();
      PENSTOCK_CHECK_OK(fetch());
    }
    start_iterations();
  }
  Outcome outcome = tally_.finish();
  const EngineCounters counters = pods_.counters();
  outcome.gpu_seconds =
      std::chrono::duration<double>(pods_.held(last_arrival_)).count() * perf_.gpus();
  outcome.load_seconds = std::chrono::duration<double>(last_arrival_ - SteadyTime{}).count();
  outcome.preemptions = counters.preemptions;
  outcome.prompt_tokens = counters.prompt_tokens;
  outcome.cached_tokens = counters.prefix_cache_hits;
  outcome.iterations = counters.iterations;
  outcome.residual_blocks = pods_.blocks_in_use();
  outcome.pods_created = pods_.created() - at_first;
  outcome.pods_removed = pods_.removed();
  return outcome;
}

void Run::end_iterations() {
  while (!ends_.empty() && ends_.next_time() <= now_) {
    const std::uint32_t slot = ends_.pop().second;
    Pod& pod = pods_.at(slot);
    for (const EngineEvent& event : pod.engine.complete()) {
      on_event(slot, event);
    }
    if (pod.engine.idle()) {
      pods_.remove_if_drained(slot, now_);
    } else if (!pod.rested) {
      pod.rested = true;
      rested_.push_back(slot);
    }
  }
}

void Run::on_event(std::uint32_t slot, const EngineEvent& event) {
  Call& call = calls_[event.id];
  if (event.kind == EventKind::kFirstToken) {
    call.times.first_token = event.time;
    routing::EndpointState& endpoint = pods_.at(slot).endpoints[call.core];
    endpoint.first_byte_after(event.time - call.times.arrival);
    endpoint.prompt_done(call.work.prompt);
    call.work.prompt = 0;
    tally_.first_token(call.times, event.time);
  } else if (event.kind == EventKind::kFinished) {
    tally_.served(call.times, event.time);
    pods_.at(slot).endpoints[call.core].end(call.ticket, call.work.total(), routing::Verdict::kOk,
                                            fronts_[call.core].breaker(), event.time);
    ++counts_.finished;
    counts_.output_tokens += call.times.output_tokens;
    --in_flight_;
    release(static_cast<std::uint32_t>(event.id));
  }
}

void Run::start_iterations() {
  const SteadyTime horizon = std::min(arrival(), controls_.next_time());
  for (const std::uint32_t slot : rested_) {
    Pod& pod = pods_.at(slot);
    pod.rested = false;
    if (const auto run = pod.engine.start(now_, horizon)) {
      ends_.push(run->end, slot);
    }
  }
  rested_.clear();
}

std::uint32_t Run::new_call() {
  if (vacant_calls_.empty()) {
    vacant_calls_.push_back(static_cast<std::uint32_t>(calls_.size()));
    calls_.emplace_back();
  }
  const std::uint32_t call = vacant_calls_.back();
  vacant_calls_.pop_back();
  return call;
}

void Run::arrive() {
  const std::uint32_t index = new_call();
  Call& call = calls_[index];
  call.times = {.arrival = now_,
                .prompt_tokens = pending_->prompt_tokens,
                .output_tokens = pending_->output_tokens};
  ++counts_.calls;
  counts_.prompt_tokens += pending_->prompt_tokens;
  counts_.prompt_tokens_squared +=
      static_cast<double>(pending_->prompt_tokens) * pending_->prompt_tokens;
  tally_.arrived(call.times);
  if (pods_.ready().empty()) {
    call.blocks = pending_->blocks;
    queue_.push_back(index);
    tally_.held();
    return;
  }
  if (!dispatch(index, pending_->blocks)) {
    tally_.refused();
    release(index);
  }
}

/// False when no engine could ever hold the call.
bool Run::dispatch(std::uint32_t index, std::span<const std::uint64_t> blocks) {
  const auto core = static_cast<std::uint32_t>(cores_.below(fronts_.size()));
  const std::optional<std::uint32_t> slot = fronts_[core].pick(now_);
  if (!slot) {
    return false;
  }
  Pod& pod = pods_.at(*slot);
  Call& call = calls_[index];
  std::vector<BlockHash> chain;
  if (!blocks.empty()) {
    chain =
        refine_chain(blocks, kCoarseBlock, scenario_.engine.block_size, call.times.prompt_tokens);
  }
  const auto handle = pod.engine.add({.id = index,
                                      .prompt_tokens = call.times.prompt_tokens,
                                      .output_tokens = call.times.output_tokens,
                                      .block_hashes = chain});
  if (!handle) {
    return false;
  }
  call.work = routing::expected_work(
      call.times.prompt_tokens,
      scenario_.bounded ? std::optional<std::int64_t>(call.times.output_tokens) : std::nullopt);
  call.core = core;
  call.ticket = pod.endpoints[core].begin(now_, call.work.total());
  ++in_flight_;
  if (!pod.engine.busy() && !pod.rested) {
    pod.rested = true;
    rested_.push_back(*slot);
  }
  return true;
}

void Run::drain_queue() {
  while (!queue_.empty()) {
    const std::uint32_t index = queue_.front();
    queue_.pop_front();
    const std::vector<std::uint64_t> blocks = std::move(calls_[index].blocks);
    calls_[index].blocks.clear();
    if (!dispatch(index, blocks)) {
      tally_.refused();
      release(index);
    }
  }
}

void Run::give_up_late() {
  while (!queue_.empty() &&
         now_ - calls_[queue_.front()].times.arrival >= scenario_.queue_timeout) {
    const std::uint32_t index = queue_.front();
    queue_.pop_front();
    calls_[index].blocks.clear();
    if (scenario_.spill) {
      tally_.spilled();
    } else {
      tally_.refused();
    }
    release(index);
  }
}

}  // namespace penstock::sim
