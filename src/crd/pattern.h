#pragma once
// Regular expressions as the API server runs them (RE2, unanchored). Compiled once per process; any
// thread.

#include <string_view>

namespace penstock::crd {

/// False also for a pattern that RE2 cannot read; a test compiles every pattern of every schema.
[[nodiscard]] bool pattern_matches(std::string_view pattern, std::string_view text);
[[nodiscard]] bool pattern_is_valid(std::string_view pattern);

}  // namespace penstock::crd
