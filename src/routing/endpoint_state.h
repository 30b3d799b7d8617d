#pragma once
// What one core has learnt of one endpoint. Lives in the core's memory under the endpoint's stable
// id, so it survives new configuration; knows nothing of that configuration. Not thread-safe: one
// core, one object.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "routing/breaker.h"
#include "routing/cooldown.h"
#include "routing/plan.h"

namespace penstock::routing {

/// How a call's attempt at an endpoint ended, as far as the endpoint's health goes.
enum class Verdict {
  kOk,         ///< it answered, whatever the answer
  kFailed,     ///< connection, 5xx, broken answer
  kTimedOut,   ///< no answer in time
  kUnreached,  ///< no connection: nobody heard of the call
  kThrottled,  ///< 429
  kUnknown,    ///< the client left first, or the fault was ours
};

class EndpointState {
 public:
  /// An attempt begins. `work` is the caller's estimate of its cost in tokens.
  [[nodiscard]] Breaker::Ticket begin(SteadyTime now, std::uint64_t work) noexcept {
    ++in_flight_;
    work_ += work;
    return breaker_.begin(now);
  }

  /// The same attempt ends. `retry_after` is what a throttled endpoint asked for.
  void end(Breaker::Ticket ticket, std::uint64_t work, Verdict verdict, const BreakerPolicy& policy,
           SteadyTime now, std::optional<std::chrono::milliseconds> retry_after = {}) noexcept;

  void first_byte_after(std::chrono::nanoseconds wait) noexcept;

  /// The answer has begun: the prompt's part of an attempt's work is behind the endpoint. Whoever
  /// says so gives only the rest to end().
  void prompt_done(std::uint64_t prompt_work) noexcept { work_ -= std::min(prompt_work, work_); }

  [[nodiscard]] Block blocked(SteadyTime now) const noexcept {
    if (cooldown_.active(now)) {
      return Block::kThrottled;
    }
    return breaker_.admits(now) ? Block::kNone : Block::kError;
  }

  /// Nobody was there the last time. An engine that ends, or whose node does, is noticed so before
  /// configuration says it.
  [[nodiscard]] bool unreached() const noexcept { return unreached_; }

  [[nodiscard]] std::uint32_t in_flight() const noexcept { return in_flight_; }
  [[nodiscard]] std::uint64_t work() const noexcept { return work_; }
  [[nodiscard]] double smoothed_first_byte_ms() const noexcept { return first_byte_ms_; }
  [[nodiscard]] const Breaker& breaker() const noexcept { return breaker_; }
  [[nodiscard]] const Cooldown& cooldown() const noexcept { return cooldown_; }

 private:
  std::uint32_t in_flight_ = 0;
  std::uint64_t work_ = 0;
  double first_byte_ms_ = 0;
  bool unreached_ = false;
  Breaker breaker_;
  Cooldown cooldown_;
};

}  // namespace penstock::routing
