#pragma once
// What became of each request, from the engine's events: the latencies that users and SLOs speak
// of. Knows request ids as dense indices; must not know where requests come from.

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "sim/engine_model/engine_types.h"

namespace penstock::sim {

struct RequestTiming {
  SteadyTime arrival{};
  SteadyTime scheduled{};
  SteadyTime first_token{};
  SteadyTime finished{};
  TokenCount output_tokens = 0;
  TokenCount cached_tokens = 0;
  std::uint32_t preemptions = 0;
  bool done = false;

  [[nodiscard]] std::chrono::nanoseconds queued() const { return scheduled - arrival; }
  [[nodiscard]] std::chrono::nanoseconds ttft() const { return first_token - arrival; }
  [[nodiscard]] std::chrono::nanoseconds latency() const { return finished - arrival; }
  /// Mean time per output token after the first; 0 for answers of one token.
  [[nodiscard]] std::chrono::nanoseconds tpot() const {
    return output_tokens < 2 ? std::chrono::nanoseconds{0}
                             : (finished - first_token) / (output_tokens - 1);
  }
};

class RequestLog {
 public:
  /// A new id, counted from 0.
  [[nodiscard]] RequestId arrive(SteadyTime time) {
    timings_.push_back({.arrival = time});
    return timings_.size() - 1;
  }

  void record(const EngineEvent& event) {
    RequestTiming& timing = timings_[event.id];
    switch (event.kind) {
      case EventKind::kScheduled:
        timing.scheduled = event.time;
        timing.cached_tokens = event.cached_tokens;
        break;
      case EventKind::kFirstToken:
        timing.first_token = event.time;
        break;
      case EventKind::kPreempted:
        ++timing.preemptions;
        break;
      case EventKind::kFinished:
        timing.finished = event.time;
        timing.output_tokens = event.tokens;
        timing.done = true;
        break;
      case EventKind::kToken:
        break;
    }
  }

  [[nodiscard]] const std::vector<RequestTiming>& timings() const { return timings_; }

 private:
  std::vector<RequestTiming> timings_;
};

}  // namespace penstock::sim
