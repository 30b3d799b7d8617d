#pragma once
// One call of a load, as the simulator needs it, and where such calls come from. Knows times and
// token counts; must not know files, engines or policies.

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/result.h"

namespace penstock::sim {

struct TraceRequest {
  std::chrono::nanoseconds at{0};  ///< since the beginning of the load
  std::uint32_t prompt_tokens = 0;
  std::uint32_t output_tokens = 0;
  /// Content ids of the prompt's coarse blocks (kCoarseBlock tokens each, the last may be partial);
  /// empty: nobody shares this prompt.
  std::vector<std::uint64_t> blocks;
};

/// Tokens per content id in the traces that have them (Mooncake).
inline constexpr std::uint32_t kCoarseBlock = 512;

/// Gives calls in order of time, one by one: a day of traffic never lies in memory as a whole.
class TraceSource {
 public:
  virtual ~TraceSource() = default;

  /// Fills `request` with the next call, reusing its memory; false at the end. An error ends the
  /// source.
  [[nodiscard]] virtual Result<bool> next(TraceRequest& request) = 0;
};

}  // namespace penstock::sim
