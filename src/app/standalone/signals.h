#pragma once
// Requests to stop, as something to read: SIGINT, SIGTERM, SIGHUP. Knows nothing of what is
// stopped.

#include "base/result.h"

namespace penstock::app::standalone {

/// A descriptor for the event loop. Before the first thread: all inherit that the signals are
/// blocked. A signal that was ignored from outside (nohup, a script's background job) stays
/// ignored. SIGPIPE is ignored.
[[nodiscard]] Result<int> stop_signals();

/// Takes one signal off the descriptor; false when there is none.
[[nodiscard]] bool take_signal(int descriptor);

}  // namespace penstock::app::standalone
