#include "app/standalone/console.h"

#include <string>
#include <unistd.h>

namespace penstock::app::standalone {
namespace {

/// One write per line: lines of several processes on one terminal do not mix. A closed terminal is
/// no error.
void write_line(int fd, std::string_view line) {
  std::string text(line);
  text.push_back('\n');
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto written = ::write(fd, rest.data(), rest.size());
    if (written <= 0) {
      return;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void Console::say(std::string_view line) const {
  write_line(STDOUT_FILENO, line);
}
void Console::complain(std::string_view line) const {
  write_line(STDERR_FILENO, line);
}

}  // namespace penstock::app::standalone
