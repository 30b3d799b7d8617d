#include "routing/endpoint_state.h"

namespace penstock::routing {

void EndpointState::end(Breaker::Ticket ticket, std::uint64_t work, Verdict verdict,
                        const BreakerPolicy& policy, SteadyTime now,
                        std::optional<std::chrono::milliseconds> retry_after) noexcept {
  --in_flight_;
  work_ -= std::min(work, work_);
  if (verdict != Verdict::kUnknown) {
    unreached_ = verdict == Verdict::kUnreached;
  }
  switch (verdict) {
    case Verdict::kOk:
      breaker_.success(ticket);
      cooldown_.taken();
      return;
    case Verdict::kFailed:
    case Verdict::kTimedOut:
    case Verdict::kUnreached:
      breaker_.failure(ticket, policy, now);
      return;
    case Verdict::kThrottled:
      // It is alive and says so: no failure, but no proof that it can serve either.
      breaker_.no_verdict(ticket);
      cooldown_.refused(now, retry_after);
      return;
    case Verdict::kUnknown:
      breaker_.no_verdict(ticket);
      return;
  }
}

void EndpointState::first_byte_after(std::chrono::nanoseconds wait) noexcept {
  constexpr double kNewest = 0.2;
  const double ms = std::chrono::duration<double, std::milli>(wait).count();
  first_byte_ms_ = first_byte_ms_ == 0 ? ms : first_byte_ms_ + kNewest * (ms - first_byte_ms_);
}

}  // namespace penstock::routing
