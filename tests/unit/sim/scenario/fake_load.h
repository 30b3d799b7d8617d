#pragma once
// Loads and autoscalers that a test writes down itself.

#include <utility>
#include <vector>

#include "base/random.h"
#include "sim/engine_model/perf_presets.h"
#include "sim/scenario/scaler.h"
#include "sim/trace/request.h"

namespace penstock::sim::testing_support {

class ListedLoad final : public TraceSource {
 public:
  explicit ListedLoad(std::vector<TraceRequest> calls) : calls_(std::move(calls)) {}
  Result<bool> next(TraceRequest& request) override {
    if (next_ == calls_.size()) {
      return false;
    }
    request = calls_[next_++];
    return true;
  }

 private:
  std::vector<TraceRequest> calls_;
  std::size_t next_ = 0;
};

/// Wants what it is told to, from the second that it is told for.
class Schedule final : public Scaler {
 public:
  explicit Schedule(std::vector<std::pair<int, std::uint32_t>> steps) : steps_(std::move(steps)) {}
  std::uint32_t desired(const Observation& seen) override {
    seen_ = seen;
    std::uint32_t wanted = seen.desired;
    for (const auto& [second, replicas] : steps_) {
      if (seen.now >= SteadyTime{} + std::chrono::seconds(second)) {
        wanted = replicas;
      }
    }
    return wanted;
  }
  [[nodiscard]] const Observation& last() const { return seen_; }

 private:
  std::vector<std::pair<int, std::uint32_t>> steps_;
  Observation seen_;
};

inline TraceRequest call_at(double second, std::uint32_t prompt, std::uint32_t output) {
  return {.at = std::chrono::nanoseconds(static_cast<std::int64_t>(second * 1e9)),
          .prompt_tokens = prompt,
          .output_tokens = output,
          .blocks = {}};
}

/// Calls at random times with random lengths.
inline std::vector<TraceRequest> random_calls(std::uint64_t seed, std::size_t count, double span) {
  Random random(seed);
  std::vector<TraceRequest> calls;
  double at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    at += 2 * random.unit() * span / static_cast<double>(count);
    calls.push_back(call_at(at, static_cast<std::uint32_t>(1 + random.below(4'000)),
                            static_cast<std::uint32_t>(random.below(400))));
  }
  return calls;
}

inline PerfModel small_model() {
  return *perf_preset("llama3.1-8b/h100");
}

}  // namespace penstock::sim::testing_support
