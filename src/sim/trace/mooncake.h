#pragma once
// Reads the Mooncake traces, and writes any load in their form: JSON lines with timestamp (ms),
// input_length, output_length and hash_ids of 512-token blocks. Knows that form; must not know
// scaling or engines.

#include <chrono>
#include <cstdint>
#include <iosfwd>
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

/// Writes the load to its end, one line per call; times that are no whole milliseconds have a
/// fraction, so that reading it without jitter gives the same calls to the nanosecond.
[[nodiscard]] Result<> write_mooncake(TraceSource& source, std::ostream& out);

}  // namespace penstock::sim
