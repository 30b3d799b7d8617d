#pragma once
// `penstock simulate`: autoscaling and routing policies on a recorded or drawn load, on virtual
// time. Knows flags; the simulation is in src/sim.

namespace penstock::app {

[[nodiscard]] int run_simulate(int argc, char** argv);

}  // namespace penstock::app
