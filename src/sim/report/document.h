#pragma once
// A comparison as a JSON document, for programs and for the page. Knows field names; must not know
// how outcomes were made. The same comparison gives the same bytes.

#include <string>

#include "json/value.h"
#include "sim/compare/comparison.h"

namespace penstock::sim {

[[nodiscard]] json::Value to_document(const Comparison& comparison);
[[nodiscard]] std::string to_json(const Comparison& comparison);

}  // namespace penstock::sim
