#pragma once
// Books every call of a run exactly once and keeps the timeline. Knows times, token counts and the
// service level; must not know pods or routing.

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "sim/scenario/outcome.h"
#include "sim/scenario/scenario.h"

namespace penstock::sim {

/// One call from its arrival at the gateway to its end.
struct CallTimes {
  SteadyTime arrival{};
  SteadyTime first_token{};
  std::uint32_t prompt_tokens = 0;
  std::uint32_t output_tokens = 0;
};

class Tally {
 public:
  Tally(const Scenario& scenario, const PerfModel& perf) : scenario_(scenario), perf_(perf) {
    outcome_.bucket = scenario.bucket;
  }

  void arrived(const CallTimes& call);
  void first_token(const CallTimes& call, SteadyTime now);
  void served(const CallTimes& call, SteadyTime now);
  void refused() { ++outcome_.refused; }
  void spilled() { ++outcome_.spilled; }
  void held() { ++outcome_.held; }

  /// Once a second: the state that is averaged over a bucket.
  void sample(SteadyTime now, std::uint32_t ready, std::uint32_t created, std::uint64_t queued);

  /// The counts so far; the last bucket is closed.
  [[nodiscard]] Outcome finish();

 private:
  [[nodiscard]] Bucket& bucket_of(SteadyTime time);
  void close_bucket();

  const Scenario& scenario_;
  const PerfModel& perf_;
  Outcome outcome_;
  DurationHistogram bucket_ttft_;
  std::size_t open_bucket_ = 0;
  std::uint32_t samples_ = 0;  ///< in the open bucket
};

}  // namespace penstock::sim
