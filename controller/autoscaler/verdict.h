#pragma once
// What a tick's decision means for the condition ScalingActive, in words that stay the same while
// the state does: no counts, no times. Pure.

#include <string>
#include <string_view>

#include "controller/autoscaler/asked.h"
#include "scaling/decision.h"

namespace penstock::controller::autoscaler {

struct Verdict {
  bool active = true;
  std::string_view reason;
  std::string message;
};

/// `faulty` names the pod whose data cannot be used; empty when there is none.
[[nodiscard]] Verdict verdict_of(const Asked& asked, const scaling::Decision& decision,
                                 std::string_view faulty);

/// How long a new verdict must hold before it is said, so that the condition does not come and go:
/// what a moment can bring has to last, what was decided is said at once.
[[nodiscard]] std::chrono::seconds patience(std::string_view said, std::string_view reason);

/// Warnings are for what somebody should do something about.
[[nodiscard]] bool is_warning(std::string_view reason);

}  // namespace penstock::controller::autoscaler
