#pragma once
// What came out of a run: counts, latencies, GPU time and their course over the day. Plain values;
// knows no engine.

#include <chrono>
#include <cstdint>
#include <vector>

#include "sim/scenario/histogram.h"

namespace penstock::sim {

/// One stretch of the timeline.
struct Bucket {
  std::uint64_t arrived = 0;
  std::uint64_t met = 0;  ///< of those that arrived in it, served within the service level
  std::uint64_t prompt_tokens = 0;
  std::uint64_t output_tokens = 0;
  double ready = 0;    ///< mean replicas
  double created = 0;  ///< mean replicas that hold accelerators: starting, ready, draining
  double queued = 0;   ///< mean calls at the gateway
  std::chrono::nanoseconds ttft_p50{0};  ///< of first tokens in it
  std::chrono::nanoseconds ttft_p95{0};
};

struct Outcome {
  std::uint64_t offered = 0;
  std::uint64_t served = 0;
  std::uint64_t spilled = 0;
  std::uint64_t refused = 0;
  std::uint64_t met = 0;
  std::uint64_t met_ttft = 0;
  std::uint64_t met_tpot = 0;
  std::uint64_t offered_tokens = 0;  ///< prompt and output
  std::uint64_t met_tokens = 0;
  std::uint64_t output_tokens = 0;         ///< of the calls served
  std::uint64_t served_within = 0;         ///< of served: ended before the last call arrived
  std::uint64_t output_tokens_within = 0;  ///< of those
  std::uint64_t held = 0;                  ///< calls that waited at the gateway for a pod
  std::uint64_t preemptions = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t cached_tokens = 0;
  std::uint64_t iterations = 0;
  std::uint64_t residual_blocks = 0;  ///< KV blocks still held after the last call: must be 0
  DurationHistogram ttft;
  DurationHistogram tpot;
  double gpu_seconds = 0;
  double load_seconds = 0;  ///< from 0 to the last arrival: what gpu_seconds covers
  std::uint32_t most_replicas = 0;
  std::uint64_t pods_created = 0;  ///< those of the beginning excluded
  std::uint64_t pods_removed = 0;
  std::chrono::nanoseconds bucket{0};
  std::vector<Bucket> timeline;

  [[nodiscard]] double attainment() const { return share(met, offered); }
  [[nodiscard]] double token_attainment() const { return share(met_tokens, offered_tokens); }
  [[nodiscard]] double gpu_hours() const { return gpu_seconds / 3600; }
  /// Throughput: what ended during the load, per second of it.
  [[nodiscard]] double calls_per_second() const { return per_second(served_within); }
  [[nodiscard]] double output_tokens_per_second() const { return per_second(output_tokens_within); }
  /// Prompt tokens found in the prefix cache; 0 without prompts.
  [[nodiscard]] double hit_rate() const {
    return prompt_tokens == 0 ? 0.0 : share(cached_tokens, prompt_tokens);
  }
  [[nodiscard]] static double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
  }
  [[nodiscard]] double per_second(std::uint64_t count) const {
    return load_seconds == 0 ? 0.0 : static_cast<double>(count) / load_seconds;
  }
};

}  // namespace penstock::sim
