#include "sim/virtual_time/fleet.h"

#include <algorithm>
#include <utility>

namespace penstock::sim {

Fleet::Fleet(std::vector<Engine> engines, Coupling coupling, SteadyTime start)
    : engines_(std::move(engines)), now_(start), coupling_(coupling) {}

Result<RequestHandle> Fleet::add(std::uint32_t engine, const EngineRequest& request) {
  auto handle = engines_[engine].add(request);
  if (handle && !engines_[engine].busy()) {
    rested_.push_back(engine);
  }
  return handle;
}

bool Fleet::abort(std::uint32_t engine, RequestHandle handle) {
  return engines_[engine].abort(handle);
}

void Fleet::run_until(SteadyTime until, const EventSink& sink) {
  if (now_ < until) {
    start_rested(until);
  }
  while (!ends_.empty() && ends_.next_time() <= until) {
    now_ = ends_.next_time();
    while (!ends_.empty() && ends_.next_time() == now_) {
      const std::uint32_t engine = ends_.pop().second;
      for (const EngineEvent& event : engines_[engine].complete()) {
        sink(engine, event);
      }
      rested_.push_back(engine);
    }
    if (now_ < until) {  // at `until` the caller may still add
      start_rested(until);
    }
  }
  if (until != SteadyTime::max()) {
    now_ = until;
  }
}

void Fleet::start_rested(SteadyTime until) {
  std::ranges::sort(rested_);
  std::erase_if(rested_, [&](std::uint32_t engine) { return engines_[engine].idle(); });
  const auto duplicates = std::ranges::unique(rested_);
  rested_.erase(duplicates.begin(), duplicates.end());
  for (const std::uint32_t engine : rested_) {
    SteadyTime horizon = until;
    if (coupling_ == Coupling::kClosed) {
      // The end of another engine's iteration may bring work here. All those ends are known only to
      // the last starter.
      horizon = engine != rested_.back() ? SteadyTime::min()
                : ends_.empty()          ? until
                                         : std::min(until, ends_.next_time());
    }
    if (const auto run = engines_[engine].start(now_, horizon)) {
      ends_.push(run->end, engine);
    }
  }
  rested_.clear();
}

bool Fleet::idle() const {
  return std::ranges::all_of(engines_, [](const Engine& engine) { return engine.idle(); });
}

}  // namespace penstock::sim
