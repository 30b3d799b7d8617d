// The one binary: which commands there are.
#include <iostream>

#include "app/dispatch.h"

namespace {

// A command appears here with its file, src/app/<command>_command.{h,cpp}.
constexpr penstock::app::CommandRow kCommands[] = {{"", "", nullptr}};

}  // namespace

int main(int argc, char** argv) {
  return penstock::app::dispatch(kCommands, PENSTOCK_VERSION, argc, argv, std::cout, std::cerr);
}
