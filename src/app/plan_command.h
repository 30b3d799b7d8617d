#pragma once
// `penstock plan FILE…`: how many accelerators of which kind the models of these manifests need.
// Needs no server.

namespace penstock::app {

/// Exit status 0 every model fits, 1 one does not or a manifest is wrong, 2 wrong usage or
/// something that could not be read.
int run_plan(int argc, char** argv);

}  // namespace penstock::app
