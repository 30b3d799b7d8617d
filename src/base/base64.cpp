#include "base/base64.h"

#include <array>
#include <cstdint>

namespace penstock {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 0xFF;

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = (group << 8U) | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= have ? kAlphabet[(group >> (18U - 6U * j)) & 0x3FU] : '=';
    }
  }
  return out;
}

Result<std::string> base64_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') {
      continue;
    }
    if (c == '=') {
      ++padding;
      continue;
    }
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kNone || padding > 0) {
      return fail(Code::kInvalid, "not base64: unexpected character at byte " + std::to_string(i));
    }
    group = (group << 6U) | value;
    if (++digits % 4 == 0) {
      out += static_cast<char>((group >> 16U) & 0xFFU);
      out += static_cast<char>((group >> 8U) & 0xFFU);
      out += static_cast<char>(group & 0xFFU);
      group = 0;
    }
  }
  const std::size_t rest = digits % 4;
  if (rest == 1 || (rest == 0 ? padding != 0 : padding != 4 - rest)) {
    return fail(Code::kInvalid, "not base64: cut short, or wrong padding at its end");
  }
  if (rest == 2) {
    out += static_cast<char>((group >> 4U) & 0xFFU);
  } else if (rest == 3) {
    out += static_cast<char>((group >> 10U) & 0xFFU);
    out += static_cast<char>((group >> 2U) & 0xFFU);
  }
  return out;
}

}  // namespace penstock
