#pragma once
// Walks the keys of a JSON text without parsing it: finds every `"key":` at any depth and where its
// value begins. Exact for valid JSON, because a quote inside a string is always escaped. Allocates
// nothing.

#include <string_view>

namespace penstock::gateway {

/// The closing quote of a string whose content starts at `from`; npos if it does not end.
[[nodiscard]] inline std::size_t string_end(std::string_view text, std::size_t from) noexcept {
  std::size_t at = from;
  for (;;) {
    const std::size_t quote = text.find('"', at);
    if (quote == std::string_view::npos) {
      return quote;
    }
    std::size_t slashes = 0;
    while (quote > from + slashes && text[quote - slashes - 1] == '\\') {
      ++slashes;
    }
    if (slashes % 2 == 0) {
      return quote;
    }
    at = quote + 1;
  }
}

[[nodiscard]] inline std::size_t skip_space(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() &&
         (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) {
    ++at;
  }
  return at;
}

/// Calls on_key(key, value_start) for each key in order. on_key returns where to go on:
/// value_start, or later.
template <class OnKey>
void walk_keys(std::string_view text, OnKey on_key) {
  std::size_t at = text.find('"');
  while (at != std::string_view::npos) {
    const std::size_t end = string_end(text, at + 1);
    if (end == std::string_view::npos) {
      return;
    }
    std::size_t next = end + 1;
    const std::size_t colon = skip_space(text, next);
    if (colon < text.size() && text[colon] == ':') {
      const std::size_t value = skip_space(text, colon + 1);
      next = on_key(text.substr(at + 1, end - at - 1), value);
    }
    at = next < text.size() ? text.find('"', next) : std::string_view::npos;
  }
}

}  // namespace penstock::gateway
