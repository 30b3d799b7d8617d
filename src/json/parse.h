#pragma once
// JSON text to a value. Knows limits and positions; knows nothing of what the value means.
//
// Stricter than most parsers because manifests and answers of API servers pass here: a key that is
// written twice in one object is an error (which of the two was meant?), as are NaN, comments and
// trailing text.

#include <string_view>

#include "base/result.h"
#include "json/limits.h"
#include "json/value.h"

namespace penstock::json {

/// Errors: kInvalid with "line:column" and what was expected; kTooLarge when a limit is passed.
[[nodiscard]] Result<Value> parse(std::string_view text, const Limits& limits = {});

}  // namespace penstock::json
