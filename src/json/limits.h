#pragma once
// What text from outside may cost before we refuse to look at it.

#include <cstddef>

namespace penstock::json {

struct Limits {
  std::size_t max_bytes = std::size_t{16} << 20U;  ///< of text
  std::size_t max_depth = 100;                     ///< objects and lists inside each other
  std::size_t max_nodes = 1'000'000;  ///< values in all, after YAML aliases are followed
};

}  // namespace penstock::json
