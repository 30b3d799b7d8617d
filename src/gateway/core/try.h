#pragma once
// One try of a call at one endpoint: in flight there from construction until a verdict is given, at
// the latest the destructor's "unknown". Knows routing state and the deployment's count of calls.

#include <chrono>
#include <cstdint>
#include <optional>

#include "gateway/core/call.h"

namespace penstock::gateway {

class Call::Try {
 public:
  /// `now` is the call's own, which keeps it up to date.
  Try(routing::EndpointState& state, demand::Counters& demand, const routing::BreakerPolicy& policy,
      const SteadyTime& now, routing::Work work)
      : state_(state),
        demand_(demand),
        policy_(policy),
        now_(now),
        work_(work),
        began_(now),
        ticket_(state.begin(began_, work.total())) {
    demand_.in_flight.add(1);
  }
  ~Try() { end(routing::Verdict::kUnknown); }
  Try(const Try&) = delete;
  Try& operator=(const Try&) = delete;

  /// The first verdict counts. True: it opened the endpoint's breaker.
  bool end(routing::Verdict verdict, std::optional<std::chrono::milliseconds> retry_after = {}) {
    if (!open_) {
      return false;
    }
    open_ = false;
    demand_.in_flight.add(-1);
    const std::uint64_t opened = state_.breaker().times_opened();
    state_.end(ticket_, work_.total(), verdict, policy_, now_, retry_after);
    return state_.breaker().times_opened() != opened;
  }
  void first_byte() {
    state_.first_byte_after(now_ - began_);
    if (open_) {
      state_.prompt_done(work_.prompt);
      work_.prompt = 0;
    }
  }

 private:
  routing::EndpointState& state_;
  demand::Counters& demand_;
  const routing::BreakerPolicy& policy_;
  const SteadyTime& now_;
  routing::Work work_;
  SteadyTime began_;
  routing::Breaker::Ticket ticket_;
  bool open_ = true;
};

}  // namespace penstock::gateway
