#pragma once
// A value to JSON text. Keys come out sorted, so equal values give equal bytes.

#include <string>

#include "json/value.h"

namespace penstock::json {

/// One line. Bytes that are not UTF-8 become U+FFFD instead of an error.
[[nodiscard]] std::string write(const Value& value);

/// For people: two spaces per level, a newline at the end.
[[nodiscard]] std::string write_pretty(const Value& value);

}  // namespace penstock::json
