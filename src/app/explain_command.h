#pragma once
// `penstock explain modeldeployment/NAME`: what runs, what is wanted, the last decisions with their
// measurements, and what is in the way; from the object's status and events.

namespace penstock::app {

/// Exit status 0 told, 1 no such object or no answer, 2 wrong usage.
int run_explain(int argc, char** argv);

}  // namespace penstock::app
