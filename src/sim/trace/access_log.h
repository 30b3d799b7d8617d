#pragma once
// Reads a Penstock gateway's own access log as a load: what was asked yesterday, asked again. Knows
// the log's JSON lines (src/gateway/core/access_log.h); must not know scaling or engines.

#include <chrono>
#include <memory>
#include <string>

#include "sim/trace/request.h"

namespace penstock::sim {

struct AccessLogOptions {
  std::string deployment = {};  ///< only calls that this one answered; empty: all
  /// Lines are written when calls end; a call that took longer than this comes as soon as possible.
  std::chrono::nanoseconds longest_call = std::chrono::minutes(15);
};

/// Lines that are no calls, and calls without token counts (refused, failed), are passed over. Time
/// 0 is the first call's start.
[[nodiscard]] Result<std::unique_ptr<TraceSource>> open_access_log(const std::string& path,
                                                                   const AccessLogOptions& options);

}  // namespace penstock::sim
