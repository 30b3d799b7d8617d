#include "routing/breaker.h"

namespace penstock::routing {

Breaker::State Breaker::state(SteadyTime now) const noexcept {
  if (!open_) {
    return State::kClosed;
  }
  return now < open_until_ ? State::kOpen : State::kHalfOpen;
}

bool Breaker::admits(SteadyTime now) const noexcept {
  switch (state(now)) {
    case State::kClosed:
      return true;
    case State::kOpen:
      return false;
    case State::kHalfOpen:
      return !probing_;
  }
  return false;
}

Breaker::Ticket Breaker::begin(SteadyTime now) noexcept {
  const bool probe = state(now) == State::kHalfOpen && !probing_;
  if (probe) {
    probing_ = true;
  }
  return Ticket{.era = era_, .probe = probe};
}

void Breaker::success(Ticket ticket) noexcept {
  if (ticket.era != era_) {
    return;
  }
  if (!open_) {
    failures_ = 0;
    return;
  }
  if (ticket.probe) {
    open_ = false;
    probing_ = false;
    failures_ = 0;
    ++era_;
  }
}

void Breaker::failure(Ticket ticket, const BreakerPolicy& policy, SteadyTime now) noexcept {
  if (ticket.era != era_) {
    return;
  }
  if (open_) {
    if (ticket.probe) {
      probing_ = false;
      open_until_ = now + policy.open_for;
      ++times_opened_;
      ++era_;
    }
    return;
  }
  ++failures_;
  if (policy.consecutive_failures != 0 && failures_ >= policy.consecutive_failures) {
    open_ = true;
    open_until_ = now + policy.open_for;
    ++times_opened_;
    ++era_;
  }
}

void Breaker::no_verdict(Ticket ticket) noexcept {
  if (ticket.era == era_ && ticket.probe) {
    probing_ = false;
  }
}

}  // namespace penstock::routing
