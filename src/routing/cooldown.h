#pragma once
// How long an endpoint that said "too many requests" is left alone. Pure: `now` is an argument.
//
// The endpoint's own word counts (retry-after-ms, retry-after); without one the wait grows from one
// second, doubling per refusal up to thirty, and starts afresh after a call that was taken. One
// object per endpoint and core. Example: cooldown_test.cpp.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace penstock::routing {

inline constexpr std::chrono::milliseconds kFirstCooldown{1'000};
inline constexpr std::chrono::milliseconds kLargestDefaultCooldown{30'000};
inline constexpr std::chrono::milliseconds kLargestCooldown{
    3'600'000};  ///< whatever the endpoint asks for

class Cooldown {
 public:
  [[nodiscard]] bool active(SteadyTime now) const noexcept { return now < until_; }
  [[nodiscard]] SteadyTime until() const noexcept { return until_; }

  /// The endpoint refused. `asked` is what it said; nothing means the growing default. Never
  /// shortens a wait.
  void refused(SteadyTime now, std::optional<std::chrono::milliseconds> asked) noexcept;

  /// The endpoint took a call: the next default starts small again.
  void taken() noexcept { refusals_ = 0; }

 private:
  SteadyTime until_{};
  std::uint32_t refusals_ = 0;
};

/// The wait that a refusal's headers ask for. `retry_after_ms` (milliseconds, may have a fraction)
/// is exact and wins over `retry_after` (seconds, or an HTTP date compared with `now`). Empty and
/// unreadable values count as absent; dates in the past as zero; everything is capped by
/// kLargestCooldown. Source: RFC 9110 §10.2.3.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(
    std::string_view retry_after_ms, std::string_view retry_after, WallTime now);

}  // namespace penstock::routing
