#include "app/dispatch.h"

#include <algorithm>
#include <ostream>
#include <string>

namespace penstock::app {
namespace {

/// kubectl runs plugins by file name: `kubectl penstock top` executes kubectl-penstock.
std::string_view program_name(std::string_view path) {
  const auto slash = path.rfind('/');
  const auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  return name == "kubectl-penstock" ? "kubectl penstock" : name;
}

void write_help(std::ostream& out, std::span<const CommandRow> commands, std::string_view program) {
  std::size_t width = 0;
  for (const auto& command : commands) {
    width = std::max(width, command.name.size());
  }
  out << "Usage: " << program << " COMMAND [FLAGS]\n\nCommands:\n";
  for (const auto& command : commands) {
    out << "  " << command.name << std::string(width - command.name.size() + 2, ' ')
        << command.summary << "\n";
  }
  out << "\n'" << program << " COMMAND --help' tells the flags of one command; '" << program
      << " --version' the version.\n";
}

}  // namespace

int dispatch(std::span<const CommandRow> commands, std::string_view version, int argc, char** argv,
             std::ostream& out, std::ostream& err) {
  const std::string_view program = argc > 0 ? program_name(argv[0]) : "penstock";
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word == "--help" || word == "-h" || word == "help") {
    write_help(out, commands, program);
    return 0;
  }
  if (word == "--version" || word == "-V" || word == "version") {
    out << "penstock " << version << "\n";
    return 0;
  }
  const auto found = std::ranges::find(commands, word, &CommandRow::name);
  if (found != commands.end()) {
    return found->entry(argc - 1, argv + 1);
  }
  if (word.empty()) {
    err << program << ": no command given\n\n";
  } else {
    err << program << ": unknown command \"" << word << "\"\n\n";
  }
  write_help(err, commands, program);
  return 2;
}

}  // namespace penstock::app
