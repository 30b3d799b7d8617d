#pragma once
// From a command line to a command: the table and its help. Knows the commands' names and entry
// points, nothing of what they do.

#include <iosfwd>
#include <span>
#include <string_view>

namespace penstock::app {

/// argv[0] is the command's own name; the result is the process's exit code.
using Entry = int (*)(int argc, char** argv);

struct CommandRow {
  std::string_view name;
  std::string_view summary;  ///< one line of help
  Entry entry;
};

/// Exit code 2: the command line is wrong (the message on `err` says how it would be right).
[[nodiscard]] int dispatch(std::span<const CommandRow> commands, std::string_view version, int argc,
                           char** argv, std::ostream& out, std::ostream& err);

}  // namespace penstock::app
