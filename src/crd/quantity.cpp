#include "crd/quantity.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace penstock::crd {
namespace {

__extension__ using Wide = __int128;

struct Scale {
  Wide numerator = 1;  // of thousandths
  Wide denominator = 1;
};

Wide power(int base, int exponent) {
  Wide out = 1;
  for (int i = 0; i < exponent; ++i) {
    out *= base;
  }
  return out;
}

std::optional<Scale> scale_of(std::string_view suffix) {
  constexpr std::array<std::pair<std::string_view, int>, 6> kBinary{
      {{"Ki", 1}, {"Mi", 2}, {"Gi", 3}, {"Ti", 4}, {"Pi", 5}, {"Ei", 6}}};
  constexpr std::array<std::pair<std::string_view, int>, 10> kDecimal{{{"n", -9},
                                                                       {"u", -6},
                                                                       {"m", -3},
                                                                       {"", 0},
                                                                       {"k", 3},
                                                                       {"M", 6},
                                                                       {"G", 9},
                                                                       {"T", 12},
                                                                       {"P", 15},
                                                                       {"E", 18}}};
  for (const auto& [name, exponent] : kBinary) {
    if (suffix == name) {
      return Scale{1000 * power(1024, exponent), 1};
    }
  }
  int exponent = 0;
  bool known = false;
  for (const auto& [name, value] : kDecimal) {
    if (suffix == name) {
      exponent = value;
      known = true;
    }
  }
  if (!known && suffix.size() > 1 && (suffix[0] == 'e' || suffix[0] == 'E')) {
    const char* begin = suffix.data() + (suffix[1] == '+' ? 2 : 1);
    const char* end = suffix.data() + suffix.size();
    const auto [stop, error] = std::from_chars(begin, end, exponent);
    known = error == std::errc{} && stop == end && exponent >= -18 && exponent <= 18;
  }
  if (!known) {
    return std::nullopt;
  }
  exponent += 3;
  return exponent >= 0 ? Scale{power(10, exponent), 1} : Scale{1, power(10, -exponent)};
}

}  // namespace

Quantity::Quantity(std::int64_t whole)
    : milli_(whole * 1000), text_(std::to_string(whole)), was_number_(true) {}

std::int64_t Quantity::value() const noexcept {
  return milli_ / 1000 + (milli_ % 1000 > 0 ? 1 : 0);
}

Result<Quantity> Quantity::parse(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail(Code::kInvalid, "\"" + std::string(text) + "\" is not a quantity (" +
                                    std::string(why) + "); write for example 500m, 4 or 40Gi");
  };
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  Wide digits = 0;
  Wide fraction = 1;
  int count = 0;
  bool point = false;
  bool overflow = false;
  constexpr int kMostDigits = 18;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  while (!rest.empty() && ((rest[0] >= '0' && rest[0] <= '9') || (rest[0] == '.' && !point))) {
    if (rest[0] == '.') {
      point = true;
    } else {
      // More digits than anybody can use: further ones only keep the size.
      if (++count > kMostDigits) {
        overflow = overflow || !point;
      } else {
        digits = digits * 10 + (rest[0] - '0');
        fraction *= point ? 10 : 1;
      }
    }
    rest.remove_prefix(1);
  }
  if (count == 0) {
    return bad("no digits");
  }
  const std::optional<Scale> scale = scale_of(rest);
  if (!scale) {
    return bad("unknown unit");
  }
  if (digits != 0 && scale->numerator > (Wide{1} << 126) / digits) {
    overflow = true;
  }
  std::int64_t milli = kMost;
  if (!overflow) {
    const Wide numerator = digits * scale->numerator;
    const Wide denominator = fraction * scale->denominator;
    // Away from zero, so that a tiny amount never becomes none.
    const Wide exact = numerator / denominator + (numerator % denominator != 0 ? 1 : 0);
    milli = exact > kMost ? kMost : static_cast<std::int64_t>(exact);
  }
  Quantity out;
  out.milli_ = negative ? -milli : milli;
  out.text_ = text;
  return out;
}

}  // namespace penstock::crd
