#pragma once
// One try of a call at one endpoint: in flight there from construction until a verdict is given, at
// the latest the destructor's "unknown". Knows routing state only.

#include <chrono>
#include <cstdint>
#include <optional>

#include "gateway/core/call.h"

namespace penstock::gateway {

class Call::Try {
 public:
  Try(routing::EndpointState& state, const routing::BreakerPolicy& policy, const net::Loop& loop,
      std::uint64_t work)
      : state_(state),
        policy_(policy),
        loop_(loop),
        work_(work),
        began_(loop.now()),
        ticket_(state.begin(began_, work)) {}
  ~Try() { end(routing::Verdict::kUnknown); }
  Try(const Try&) = delete;
  Try& operator=(const Try&) = delete;

  /// The first verdict counts.
  void end(routing::Verdict verdict, std::optional<std::chrono::milliseconds> retry_after = {}) {
    if (open_) {
      open_ = false;
      state_.end(ticket_, work_, verdict, policy_, loop_.now(), retry_after);
    }
  }
  void first_byte() { state_.first_byte_after(loop_.now() - began_); }

 private:
  routing::EndpointState& state_;
  const routing::BreakerPolicy& policy_;
  const net::Loop& loop_;
  std::uint64_t work_;
  SteadyTime began_;
  routing::Breaker::Ticket ticket_;
  bool open_ = true;
};

}  // namespace penstock::gateway
