#pragma once
// What a call will probably cost an endpoint, in tokens: the unit of EndpointState's work. Only
// relations between calls matter. Knows token counts; must not know bodies or models.

#include <algorithm>
#include <cstdint>
#include <optional>

namespace penstock::routing {

inline constexpr std::uint64_t kExpectedOutput = 256;  ///< when the client does not bound it
inline constexpr std::uint64_t kLargestExpectedOutput = 1'024;

/// `bound` is the client's max_tokens; `answers` how many it wants (OpenAI's n).
[[nodiscard]] constexpr std::uint64_t expected_work(std::uint64_t prompt_tokens,
                                                    std::optional<std::int64_t> bound = {},
                                                    std::uint64_t answers = 1) {
  std::uint64_t output = kExpectedOutput;
  if (bound && *bound >= 0) {
    output = std::min(static_cast<std::uint64_t>(*bound), kLargestExpectedOutput);
  }
  return 1 + prompt_tokens + output * answers;
}

}  // namespace penstock::routing
