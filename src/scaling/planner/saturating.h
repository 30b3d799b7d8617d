#pragma once
// Sums and products of bytes that cannot wrap. What is too large stays at the largest number, and
// that fits no accelerator. Knows nothing of models.

#include <cstdint>
#include <limits>

namespace penstock::scaling::planner {

inline constexpr std::uint64_t kTooMany = std::numeric_limits<std::uint64_t>::max();

[[nodiscard]] constexpr std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
  return a > kTooMany - b ? kTooMany : a + b;
}

[[nodiscard]] constexpr std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  return a != 0 && b > kTooMany / a ? kTooMany : a * b;
}

template <class... Rest>
[[nodiscard]] constexpr std::uint64_t times(std::uint64_t a, std::uint64_t b, Rest... rest) {
  return times(times(a, b), rest...);
}

[[nodiscard]] constexpr std::uint64_t minus_to_zero(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}

/// Rounded up; `b` is not 0.
[[nodiscard]] constexpr std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) {
  return a / b + (a % b == 0 ? 0 : 1);
}

}  // namespace penstock::scaling::planner
