#pragma once
// Stops sending calls to an endpoint that fails, and lets exactly one through to see if it is back.
//
// Knows nothing of HTTP, of clocks or of who calls: `now` is an argument. One object per endpoint
// and core, not thread-safe. Example: breaker_test.cpp.

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace penstock::routing {

struct BreakerPolicy {
  std::uint32_t consecutive_failures = 5;  ///< opens at this many in a row; 0 = never
  std::chrono::milliseconds open_for{10'000};
};

class Breaker {
 public:
  enum class State { kClosed, kOpen, kHalfOpen };

  /// What a call carries from begin() to its verdict. Calls that began before the breaker opened
  /// may report late; their verdicts then change nothing, because only the probe decides.
  struct Ticket {
    std::uint32_t era = 0;
    bool probe = false;
  };

  [[nodiscard]] State state(SteadyTime now) const noexcept;

  /// Would begin() let a call through? No side effect.
  [[nodiscard]] bool admits(SteadyTime now) const noexcept;

  /// When the next call may be let through; meaningful only while !admits(now).
  [[nodiscard]] SteadyTime retry_at() const noexcept { return open_until_; }

  /// A call starts. Only after admits(now). In the half-open state it becomes the one probe.
  [[nodiscard]] Ticket begin(SteadyTime now) noexcept;

  void success(Ticket ticket) noexcept;
  void failure(Ticket ticket, const BreakerPolicy& policy, SteadyTime now) noexcept;

  /// The call ended without saying anything about the endpoint (the client left, a 429, a 400).
  void no_verdict(Ticket ticket) noexcept;

  [[nodiscard]] std::uint64_t times_opened() const noexcept { return times_opened_; }

 private:
  std::uint32_t era_ = 0;  ///< grows at each opening and closing
  std::uint32_t failures_ = 0;
  bool open_ = false;
  bool probing_ = false;
  SteadyTime open_until_{};
  std::uint64_t times_opened_ = 0;
};

}  // namespace penstock::routing
