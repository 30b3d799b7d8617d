#pragma once
// The cells of one CSV line without quoting, as traces have them. Knows commas and numbers; must
// not know what the columns mean.

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace penstock::sim {

struct Cell {
  std::string_view text;
  std::size_t column = 1;  ///< where it begins in the line, from 1
};

/// Splits `line` into `cells`, reusing their memory.
inline void split_cells(std::string_view line, std::vector<Cell>& cells) {
  cells.clear();
  std::size_t begin = 0;
  while (true) {
    const std::size_t comma = line.find(',', begin);
    cells.push_back({line.substr(begin, comma - begin), begin + 1});
    if (comma == std::string_view::npos) {
      return;
    }
    begin = comma + 1;
  }
}

/// The whole text as a number; nothing if it is none, or not finite.
[[nodiscard]] inline std::optional<double> to_double(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

[[nodiscard]] inline std::optional<std::uint32_t> to_count(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace penstock::sim
