#pragma once
// Which calls go wrong, and how: the faults that a real engine shows, on demand. Knows chances and
// header text; must not know sockets.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace penstock::engine {

/// For all calls. Percentages 0…100, drawn per call in the order 500, 429, hang.
struct FaultOptions {
  std::chrono::nanoseconds start_delay{0};      ///< before the engine listens (loading weights)
  std::uint64_t load_memory = 0;                ///< bytes used from then on, as by weights
  bool load_failure = false;                    ///< exits 1 after the delay
  std::string load_message = "injected fault";  ///< says why
  double slow = 1.0;                            ///< iterations take this many times as long
  double throttle_percent = 0;                  ///< 429 with Retry-After
  double error_percent = 0;                     ///< 500
  double hang_percent = 0;                      ///< accepted, never answered
  std::uint32_t abort_after = 0;                ///< tokens, then the connection is cut; 0 = never
  std::chrono::seconds retry_after{1};
};

/// For one call.
struct Fault {
  int status = 0;  ///< answered instead of working; 0 = none
  std::optional<std::chrono::seconds> retry_after;
  bool hang = false;
  std::uint32_t abort_after = 0;
  std::chrono::nanoseconds delay{0};  ///< before the call is looked at
};

/// `x-penstock-fault: status=500`, `status=429;retry-after=2`, `hang`, `abort-after=5`,
/// `delay=300ms`; several with ';' or ','. Error kInvalid names the word.
[[nodiscard]] Result<Fault> parse_fault(std::string_view header);

/// So many bytes that are really used, until they are dropped: the kernel counts only pages that
/// were written. Error kTooLarge when there is no such amount.
[[nodiscard]] Result<std::vector<char>> take_memory(std::uint64_t bytes);

[[nodiscard]] Fault draw_fault(const FaultOptions& options, Random& random);

}  // namespace penstock::engine
