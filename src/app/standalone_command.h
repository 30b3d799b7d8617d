#pragma once
// `penstock standalone`: its flags. Knows the command line; what runs is app/standalone's.

namespace penstock::app {

int run_standalone(int argc, char** argv);

}  // namespace penstock::app
