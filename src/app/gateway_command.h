#pragma once
// `penstock gateway`: flags only.

namespace penstock::app {

int run_gateway(int argc, char** argv);

}  // namespace penstock::app
