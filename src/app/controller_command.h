#pragma once
// `penstock controller`: its flags. Knows the command line; what runs is controller/manager.h's.

namespace penstock::app {

int run_controller(int argc, char** argv);

}  // namespace penstock::app
