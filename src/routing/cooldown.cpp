#include "routing/cooldown.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace penstock::routing {
namespace {

using std::chrono::milliseconds;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

std::optional<milliseconds> parse_number(std::string_view text, double unit_ms) {
  text = trim(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value) ||
      value < 0) {
    return std::nullopt;
  }
  const double capped = std::min(value * unit_ms, static_cast<double>(kLargestCooldown.count()));
  return milliseconds(static_cast<std::int64_t>(std::ceil(capped)));
}

template <class Int>
bool parse_int(std::string_view text, Int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// The one form that RFC 9110 §5.6.7 lets senders generate: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<WallTime> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  text = trim(text);
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  unsigned day = 0;
  int year = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  const auto* month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  if (month == kMonths.end() || !parse_int(text.substr(5, 2), day) ||
      !parse_int(text.substr(12, 4), year) || !parse_int(text.substr(17, 2), hour) ||
      !parse_int(text.substr(20, 2), minute) || !parse_int(text.substr(23, 2), second)) {
    return std::nullopt;
  }
  const auto month_number = static_cast<unsigned>(month - kMonths.begin()) + 1;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month_number),
                                         std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace

void Cooldown::refused(SteadyTime now, std::optional<milliseconds> asked) noexcept {
  milliseconds wait = asked.value_or(kFirstCooldown);
  if (!asked) {
    const auto doublings = std::min<std::uint32_t>(refusals_, 5);
    wait = std::min(kFirstCooldown * (std::int64_t{1} << doublings), kLargestDefaultCooldown);
    ++refusals_;
  }
  until_ = std::max(until_, now + std::clamp(wait, milliseconds(0), kLargestCooldown));
}

std::optional<milliseconds> parse_retry_after(std::string_view retry_after_ms,
                                              std::string_view retry_after, WallTime now) {
  if (const auto exact = parse_number(retry_after_ms, 1.0)) {
    return exact;
  }
  if (const auto seconds = parse_number(retry_after, 1'000.0)) {
    return seconds;
  }
  if (const auto date = parse_http_date(retry_after)) {
    const auto wait = std::chrono::ceil<milliseconds>(*date - now);
    return std::clamp(wait, milliseconds(0), kLargestCooldown);
  }
  return std::nullopt;
}

}  // namespace penstock::routing
