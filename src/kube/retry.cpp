#include "kube/retry.h"

#include <algorithm>

namespace penstock::kube {

std::optional<std::chrono::milliseconds> next_try(const RetryPolicy& policy,
                                                  const FailedTry& failed) {
  std::chrono::milliseconds wait =
      std::min(policy.longest, policy.first * (1 << std::min(failed.tries - 1, 20)));
  if (failed.transport != nullptr) {
    const TransportFailure failure = failed.transport->failure;
    const bool unseen = failure == TransportFailure::kNotSent;
    const bool safe = failure == TransportFailure::kUnknown && !failed.write;
    if (!unseen && !safe) {
      return std::nullopt;
    }
  } else if (failed.status != nullptr) {
    const bool asked = failed.status->code == 429 || failed.status->code >= 500;
    if (!asked || !failed.status->retry_after) {
      return std::nullopt;
    }
    wait = *failed.status->retry_after;
  }
  if (failed.tries >= policy.most_tries || failed.spent + wait > policy.budget) {
    return std::nullopt;
  }
  return wait;
}

}  // namespace penstock::kube
