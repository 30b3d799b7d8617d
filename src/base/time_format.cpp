#include "base/time_format.h"

#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <limits>

#include <fmt/format.h>

namespace penstock {
namespace {

using std::chrono::nanoseconds;

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};
// Longest first where one is the beginning of another ("ms" before "m").
constexpr std::array kUnits{Unit{"ns", 1},
                            Unit{"us", 1'000},
                            Unit{"ms", 1'000'000},
                            Unit{"s", 1'000'000'000},
                            Unit{"m", 60'000'000'000},
                            Unit{"h", 3'600'000'000'000}};

[[nodiscard]] std::unexpected<Error> bad_duration(std::string_view text) {
  return fail(Code::kInvalid, fmt::format("\"{}\" is not a duration; write for example 500ms, 30s, "
                                          "1m30s or 2h",
                                          text));
}

bool take_digits(std::string_view& text, int count, int& out) {
  if (text.size() < static_cast<std::size_t>(count)) {
    return false;
  }
  out = 0;
  for (int i = 0; i < count; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') {
      return false;
    }
    out = out * 10 + (c - '0');
  }
  text.remove_prefix(static_cast<std::size_t>(count));
  return true;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

}  // namespace

Result<nanoseconds> parse_duration(std::string_view text) {
  std::string_view rest = text;
  const bool negative = take(rest, '-');
  if (rest == "0") {
    return nanoseconds(0);
  }
  if (rest.empty()) {
    return bad_duration(text);
  }
  double total = 0;
  while (!rest.empty()) {
    double value = 0;
    double scale = 1;
    bool digits = false;
    bool fraction = false;
    while (!rest.empty() && (std::isdigit(static_cast<unsigned char>(rest.front())) != 0 ||
                             (rest.front() == '.' && !fraction))) {
      if (rest.front() == '.') {
        fraction = true;
      } else {
        digits = true;
        value = value * 10 + (rest.front() - '0');
        if (fraction) {
          scale *= 10;
        }
      }
      rest.remove_prefix(1);
    }
    const Unit* found = nullptr;
    for (const Unit& unit : kUnits) {
      const bool longer = found == nullptr || unit.name.size() > found->name.size();
      if (rest.starts_with(unit.name) && longer) {
        found = &unit;
      }
    }
    if (!digits || found == nullptr) {
      return bad_duration(text);
    }
    rest.remove_prefix(found->name.size());
    total += value / scale * static_cast<double>(found->nanos);
    if (total > static_cast<double>(std::numeric_limits<std::int64_t>::max()) / 2) {
      return bad_duration(text);
    }
  }
  const auto nanos = static_cast<std::int64_t>(std::llround(total));
  return nanoseconds(negative ? -nanos : nanos);
}

std::string format_duration(nanoseconds duration) {
  std::int64_t left = duration.count();
  if (left == 0) {
    return "0s";
  }
  std::string out;
  if (left < 0) {
    out += '-';
    left = -left;
  }
  for (auto unit = kUnits.rbegin(); unit != kUnits.rend(); ++unit) {
    const std::int64_t count = left / unit->nanos;
    if (count != 0) {
      out += fmt::format("{}{}", count, unit->name);
      left -= count * unit->nanos;
    }
  }
  return out;
}

std::string format_rfc3339(WallTime time) {
  const auto millis =
      std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds =
      static_cast<std::time_t>((millis - (millis % 1000 + 1000) % 1000) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     (millis % 1000 + 1000) % 1000);
}

Result<WallTime> parse_rfc3339(std::string_view text) {
  const auto bad = [text] {
    return fail(
        Code::kInvalid,
        fmt::format("\"{}\" is not an RFC 3339 time; write for example 2026-03-01T00:00:00Z",
                    text));
  };
  std::string_view rest = text;
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!take_digits(rest, 4, year) || !take(rest, '-') || !take_digits(rest, 2, month) ||
      !take(rest, '-') || !take_digits(rest, 2, day) || rest.empty() ||
      (rest.front() != 'T' && rest.front() != 't')) {
    return bad();
  }
  rest.remove_prefix(1);
  if (!take_digits(rest, 2, hour) || !take(rest, ':') || !take_digits(rest, 2, minute) ||
      !take(rest, ':') || !take_digits(rest, 2, second)) {
    return bad();
  }
  std::int64_t nanos = 0;
  if (take(rest, '.')) {
    std::int64_t unit = 100'000'000;
    int digit = 0;
    bool any = false;
    while (take_digits(rest, 1, digit)) {
      nanos += digit * unit;
      unit /= 10;
      any = true;
    }
    if (!any) {
      return bad();
    }
  }
  int offset_minutes = 0;
  if (!take(rest, 'Z') && !take(rest, 'z')) {
    const bool minus = !rest.empty() && rest.front() == '-';
    if (!take(rest, '+') && !take(rest, '-')) {
      return bad();
    }
    int oh = 0;
    int om = 0;
    if (!take_digits(rest, 2, oh) || !take(rest, ':') || !take_digits(rest, 2, om) || oh > 23 ||
        om > 59) {
      return bad();
    }
    offset_minutes = (oh * 60 + om) * (minus ? -1 : 1);
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!rest.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    return bad();
  }
  // The clock counts nanoseconds and ends in 2262; "9999-12-31" as "never" must not wrap around
  // into the past.
  constexpr int kFirstYear = 1678;
  constexpr int kLastYear = 2261;
  if (year < kFirstYear || year > kLastYear) {
    return year > kLastYear ? WallTime::max() : WallTime::min();
  }
  return WallTime(std::chrono::duration_cast<WallTime::duration>(
      std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
      std::chrono::minutes(minute - offset_minutes) + std::chrono::seconds(second) +
      nanoseconds(nanos)));
}

}  // namespace penstock
