#pragma once
// Which failed requests are sent again, and when. Pure.
//
// A request is repeated when the server asks for it (Retry-After on 429 and 5xx), or when it cannot
// have been seen; a read also when the connection broke. A write whose answer got lost is never
// repeated here: it may have been done, and only a fresh look can tell.

#include <chrono>
#include <optional>

#include "kube/api_status.h"
#include "kube/transport.h"

namespace penstock::kube {

struct RetryPolicy {
  int most_tries = 10;
  std::chrono::milliseconds budget{15'000};  ///< no new try starts later than this
  std::chrono::milliseconds first{100};  ///< doubles with each try, when the server names no time
  std::chrono::milliseconds longest{2'000};
};

struct FailedTry {
  bool write = false;
  int tries = 1;  ///< so far, this one included
  std::chrono::milliseconds spent{0};
  const TransportError* transport = nullptr;  ///< either this
  const ApiStatus* status = nullptr;          ///< or this
};

/// How long to wait before the next try; nullopt: give up and report.
[[nodiscard]] std::optional<std::chrono::milliseconds> next_try(const RetryPolicy& policy,
                                                                const FailedTry& failed);

}  // namespace penstock::kube
