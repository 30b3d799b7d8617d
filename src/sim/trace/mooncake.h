#pragma once
// Reads the Mooncake traces: JSON lines with timestamp (ms), input_length, output_length and
// hash_ids of 512-token blocks. Knows that form; must not know scaling or engines.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "sim/trace/request.h"

namespace penstock::sim {

struct MooncakeOptions {
  /// Its timestamps are multiples of three seconds: each call is delayed by a uniform draw from
  /// [0, jitter). 0 leaves the herds as they stand.
  std::chrono::nanoseconds jitter = std::chrono::seconds(3);
  std::uint64_t seed = 1;
};

[[nodiscard]] Result<std::unique_ptr<TraceSource>> open_mooncake(const std::string& path,
                                                                 const MooncakeOptions& options);

}  // namespace penstock::sim
