#pragma once
// Model-name patterns: `*` stands for any run of characters, everything else for itself. Pure.

#include <string_view>

namespace penstock::gateway::snapshot {

/// Linear in both lengths in practice; no recursion, so that a hostile pattern costs no stack.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text) noexcept;

[[nodiscard]] inline bool is_glob(std::string_view pattern) noexcept {
  return pattern.find('*') != std::string_view::npos;
}

}  // namespace penstock::gateway::snapshot
