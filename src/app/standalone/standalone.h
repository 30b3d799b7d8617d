#pragma once
// The composition root of `penstock standalone`: a configuration folder, its engines as child
// processes, and a gateway in this process. Knows in which order things start, change and stop;
// each part knows the rest.
//
// One thread (the caller's) runs everything but the gateway's cores. First SIGINT, SIGTERM or
// SIGHUP: no new calls, running ones finish, then the engines stop. Second: everything ends at
// once.

#include "app/standalone/options.h"
#include "base/result.h"

namespace penstock::app::standalone {

/// The exit code: 0 after a clean drain, 130 after a second signal. Error: what could not be
/// started, and the remedy. Call it before any other thread exists: it forks the guard process and
/// blocks signals.
[[nodiscard]] Result<int> run(const Options& options);

}  // namespace penstock::app::standalone
