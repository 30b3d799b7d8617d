#include "json/text_check.h"

#include <fmt/format.h>

namespace penstock::json {
namespace {

// Length of the UTF-8 sequence at the start of `text`; 0 when there is none (RFC 3629).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80U) {
    return 1;
  }
  const std::size_t length = first >= 0xC2U && first <= 0xDFU   ? 2
                             : first >= 0xE0U && first <= 0xEFU ? 3
                             : first >= 0xF0U && first <= 0xF4U ? 4
                                                                : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      return 0;
    }
  }
  const bool overlong = (first == 0xE0U && byte(1) < 0xA0U) || (first == 0xF0U && byte(1) < 0x90U);
  const bool not_a_character =
      (first == 0xEDU && byte(1) > 0x9FU) || (first == 0xF4U && byte(1) > 0x8FU);
  return overlong || not_a_character ? 0 : length;
}

}  // namespace

std::optional<YamlProblem> not_text(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    if ((first < 0x20U && first != '\t' && first != '\n' && first != '\r') || first == 0x7FU) {
      return YamlProblem{line, fmt::format("control character 0x{:02x}; remove it", first)};
    }
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      return YamlProblem{line, "not UTF-8 text; save the file as UTF-8"};
    }
    line += first == '\n' ? 1 : 0;
    text.remove_prefix(length);
  }
  return std::nullopt;
}

}  // namespace penstock::json
