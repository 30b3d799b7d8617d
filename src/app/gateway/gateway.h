#pragma once
// `penstock gateway`: serves the configuration that the controller keeps for it. Knows where
// configurations come from and when to stop; what a call means is src/gateway's.
//
// Start: the mounted file; when it is missing or broken, the last good copy on our own disk; when
// there is none, the feeds are waited for. Feeds are the stream from the controller and the watch
// of the Secret; whichever brings the larger version wins, and there is no way back to an older
// one. From the first content of a feed on, the file, which lags behind, is not read any more. A
// broken configuration is logged and the last good one stays.

#include "app/gateway/options.h"
#include "base/result.h"

namespace penstock::app::gateway_role {

/// Until SIGTERM or SIGINT and the end of the calls in flight. The exit status.
[[nodiscard]] Result<int> run(const Options& options);

}  // namespace penstock::app::gateway_role
