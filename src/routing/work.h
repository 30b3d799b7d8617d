#pragma once
// What a call will probably cost an endpoint, in tokens: the unit of EndpointState's work. Only
// relations between calls matter. Knows token counts; must not know bodies or models.

#include <algorithm>
#include <cstdint>
#include <optional>

namespace penstock::routing {

inline constexpr std::uint64_t kExpectedOutput = 256;  ///< when the client does not bound it
inline constexpr std::uint64_t kLargestExpectedOutput = 1'024;

/// The prompt's part ends with the first token: from then on a call costs what its answer costs. A
/// call counted with its prompt to the end would keep others away from an endpoint that is free.
struct Work {
  std::uint64_t prompt = 0;
  std::uint64_t answer = 0;

  [[nodiscard]] constexpr std::uint64_t total() const { return prompt + answer; }
};

/// `bound` is the client's max_tokens; `answers` how many it wants (OpenAI's n).
[[nodiscard]] constexpr Work expected_work(std::uint64_t prompt_tokens,
                                           std::optional<std::int64_t> bound = {},
                                           std::uint64_t answers = 1) {
  std::uint64_t output = kExpectedOutput;
  if (bound && *bound >= 0) {
    output = std::min(static_cast<std::uint64_t>(*bound), kLargestExpectedOutput);
  }
  return {.prompt = prompt_tokens, .answer = 1 + output * answers};
}

}  // namespace penstock::routing
