#pragma once
// Durations and instants as people and manifests write them.

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace penstock {

/// Parses Go's duration form, as Kubernetes manifests use it: "300ms", "1m30s", "1.5h", "0s".
/// Units h m s ms us ns. Error kInvalid names the text and an example.
[[nodiscard]] Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// The shortest exact form that parse_duration reads back: "1m30s", "500ms", "0s".
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds duration);

/// RFC 3339 in UTC with milliseconds: "2026-03-01T08:00:00.000Z".
[[nodiscard]] std::string format_rfc3339(WallTime time);

/// RFC 3339 with any offset and up to nanoseconds.
[[nodiscard]] Result<WallTime> parse_rfc3339(std::string_view text);

}  // namespace penstock
