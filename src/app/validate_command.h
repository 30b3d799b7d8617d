#pragma once
// `penstock validate FILE…|DIR`: would the API server take these manifests? Needs no server.

namespace penstock::app {

/// Exit status 0 all good, 1 violations, 2 wrong usage or something that could not be read.
int run_validate(int argc, char** argv);

}  // namespace penstock::app
