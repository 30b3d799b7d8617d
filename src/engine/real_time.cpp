#include "engine/real_time.h"

#include <algorithm>
#include <chrono>

namespace penstock::engine {
namespace {

/// After so many the loop gets a turn, however far behind the model is.
constexpr unsigned kMostIterationsPerTurn = 2'000;

}  // namespace

RealTimeEngine::RealTimeEngine(net::Loop& loop, sim::Engine& engine, EngineMetrics& metrics,
                               double speedup)
    : loop_(loop), engine_(engine), metrics_(metrics), speedup_(speedup), origin_(loop.now()) {}

SteadyTime RealTimeEngine::model_now() const {
  const std::chrono::duration<double, std::nano> passed = loop_.now() - origin_;
  return origin_ + std::chrono::duration_cast<SteadyTime::duration>(passed * speedup_);
}

double RealTimeEngine::real_seconds(SteadyTime::duration model_time) const {
  return std::max(0.0, std::chrono::duration<double>(model_time).count() / speedup_);
}

Result<void> RealTimeEngine::submit(Generation& generation, const sim::EngineRequest& request) {
  catch_up();
  if (vacant_.empty()) {
    vacant_.push_back(static_cast<std::uint32_t>(held_.size()));
    held_.push_back(nullptr);
  }
  sim::EngineRequest named = request;
  named.id = vacant_.back();
  PENSTOCK_TRY(handle, engine_.add(named));
  generation.handle = handle;
  generation.index = vacant_.back();
  generation.held = true;
  generation.prompt_tokens = request.prompt_tokens;
  generation.submitted = model_now();
  held_[generation.index] = &generation;
  vacant_.pop_back();
  if (!engine_.busy()) {
    begin(std::max(generation.submitted, ends_));
  }
  arm();
  return {};
}

void RealTimeEngine::abort(Generation& generation) {
  if (!generation.held) {
    return;
  }
  generation.held = false;
  held_[generation.index] = nullptr;
  vacant_.push_back(generation.index);
  engine_.abort(generation.handle);
  metrics_.ended(EngineMetrics::Reason::kAbort);
}

void RealTimeEngine::catch_up() {
  const SteadyTime now = model_now();
  for (unsigned i = 0; i < kMostIterationsPerTurn && engine_.busy() && ends_ <= now; ++i) {
    for (const sim::EngineEvent& event : engine_.complete()) {
      deliver(event);
    }
    begin(ends_);
  }
  arm();
}

void RealTimeEngine::begin(SteadyTime at) {
  const auto run = engine_.start(at);
  if (run) {
    ends_ = run->end;
    metrics_.iteration(run->prefill_tokens + run->decode_sequences);
  }
}

void RealTimeEngine::arm() {
  if (!engine_.busy()) {
    timer_.cancel();
    return;
  }
  const std::chrono::duration<double, std::nano> away = (ends_ - origin_) / speedup_;
  loop_.arm_at(timer_, origin_ + std::chrono::duration_cast<SteadyTime::duration>(away));
}

void RealTimeEngine::deliver(const sim::EngineEvent& event) {
  Generation* const found = held_[event.id];
  if (found == nullptr) {
    return;
  }
  Generation& generation = *found;
  generation.produced = event.tokens;
  switch (event.kind) {
    case sim::EventKind::kScheduled:
      generation.scheduled = event.time;
      generation.cached = event.cached_tokens;
      return;
    case sim::EventKind::kPreempted:
      return;
    case sim::EventKind::kFirstToken:
      generation.first = event.time;
      metrics_.first_token(real_seconds(event.time - generation.submitted));
      break;
    case sim::EventKind::kToken:
      metrics_.next_token(real_seconds(event.time - generation.last));
      break;
    case sim::EventKind::kFinished:
      generation.last = event.time;
      finish(generation);
      break;
  }
  generation.last = event.time;
  if (generation.finished || generation.wake_per_token) {
    generation.progress->set();
  }
}

void RealTimeEngine::finish(Generation& generation) {
  generation.finished = true;
  generation.held = false;
  held_[generation.index] = nullptr;
  vacant_.push_back(generation.index);
  metrics_.ended(generation.reason);
  const SteadyTime first = generation.produced > 0 ? generation.first : generation.last;
  metrics_.finished({.end_to_end = real_seconds(generation.last - generation.submitted),
                     .queue = real_seconds(generation.scheduled - generation.submitted),
                     .prefill = real_seconds(first - generation.scheduled),
                     .decode = real_seconds(generation.last - first),
                     .prompt_tokens = generation.prompt_tokens,
                     .output_tokens = generation.produced});
}

}  // namespace penstock::engine
