// The typing rules for plain scalars: those of go-yaml v2 as used by sigs.k8s.io/yaml, then the
// number normalisation that its detour over JSON text brings (1.0 and 1e3 arrive as integers).
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "json/yaml.h"

namespace penstock::json {
namespace {

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<std::uint64_t> digits(std::string_view text, int base) {
  std::uint64_t value = 0;
  if (text.empty()) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// Go's strconv.ParseInt(text, 0, 64): 0x, 0o, 0b prefixes, a leading 0 means octal.
std::optional<Value> integer(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char mark = text[1];
    if (mark == 'x' || mark == 'X') {
      base = 16;
    } else if (mark == 'b' || mark == 'B') {
      base = 2;
    } else {
      base = 8;
    }
    text.remove_prefix(base == 8 && mark != 'o' && mark != 'O' ? 1 : 2);
  }
  const std::optional<std::uint64_t> magnitude = digits(text, base);
  if (!magnitude) {
    return std::nullopt;
  }
  constexpr std::uint64_t kMinMagnitude = std::uint64_t{1} << 63U;
  if (negative) {
    if (*magnitude > kMinMagnitude) {
      return std::nullopt;
    }
    return Value(static_cast<std::int64_t>(~*magnitude + 1));
  }
  if (*magnitude < kMinMagnitude) {
    return Value(static_cast<std::int64_t>(*magnitude));
  }
  return Value(*magnitude);
}

// ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$
bool looks_like_float(std::string_view text) {
  std::size_t i = 0;
  const auto run = [&] {
    const std::size_t start = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
      ++i;
    }
    return i - start;
  };
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) {
    ++i;
  }
  const std::size_t whole = run();
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (run() == 0 && whole == 0) {
      return false;
    }
  } else if (whole == 0) {
    return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) {
      ++i;
    }
    if (run() == 0) {
      return false;
    }
  }
  return i == text.size();
}

std::optional<Value> floating(std::string text) {
  if (!looks_like_float(text)) {
    return std::nullopt;
  }
  if (text.front() == '+') {
    text.erase(0, 1);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  constexpr double kIntegerLimit = 9223372036854775808.0;
  if (std::trunc(value) == value && std::fabs(value) < kIntegerLimit) {
    return Value(static_cast<std::int64_t>(value));
  }
  return Value(value);
}

}  // namespace

Value plain_scalar(std::string_view text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) {
    return nullptr;
  }
  if (one_of(text, {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) {
    return true;
  }
  if (one_of(text, {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) {
    return false;
  }
  if (one_of(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) {
    return std::numeric_limits<double>::infinity();
  }
  if (one_of(text, {"-.inf", "-.Inf", "-.INF"})) {
    return -std::numeric_limits<double>::infinity();
  }
  if (one_of(text, {".nan", ".NaN", ".NAN"})) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const char first = text.front();
  if ((first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.') {
    std::string plain(text);
    std::erase(plain, '_');
    if (std::optional<Value> value = integer(plain)) {
      return *value;
    }
    if (std::optional<Value> value = floating(plain)) {
      return *value;
    }
  }
  return std::string(text);
}

}  // namespace penstock::json
