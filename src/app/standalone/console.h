#pragma once
// Lines for the person who started standalone: what happens, in words. Operators' JSON lines are
// base/log.h. Knows where lines go, nothing of what they say.

#include <string_view>

namespace penstock::app::standalone {

class Console {
 public:
  /// Progress, to stdout at once.
  void say(std::string_view line) const;
  /// What needs a hand, to stderr at once.
  void complain(std::string_view line) const;
};

}  // namespace penstock::app::standalone
