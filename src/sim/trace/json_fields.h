#pragma once
// Numbers out of one JSON line of a trace, with errors that name file, line and field. Knows
// JSON objects; must not know any one form.

#include <cstdint>
#include <string>
#include <string_view>

#include "json/value.h"
#include "sim/trace/lines.h"

namespace penstock::sim {

/// The line as an object; kInvalid names the column where it stops being JSON.
[[nodiscard]] Result<json::Value> parse_line(const LineReader& lines, std::string_view line);

/// A field that must be a number in [least, most].
[[nodiscard]] Result<double> number(const LineReader& lines, const json::Value& object,
                                    const char* field, std::int64_t least, std::int64_t most);

/// The same, a whole one; what follows its point is left away.
[[nodiscard]] Result<std::int64_t> whole_number(const LineReader& lines, const json::Value& object,
                                                const char* field, std::int64_t least,
                                                std::int64_t most);

/// Tokens of one call: more is a mistake in the trace.
inline constexpr std::int64_t kMostTokens = 100'000'000;

}  // namespace penstock::sim
