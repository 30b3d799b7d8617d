#pragma once
// `penstock engine`: flags and signals around one simulated engine. Knows the command line; must
// not know HTTP or the model.

namespace penstock::app {

/// Exit codes: 0 stopped by a signal, 1 could not start or `--fault-load-failure`, 2 wrong flags.
[[nodiscard]] int run_engine(int argc, char** argv);

}  // namespace penstock::app
