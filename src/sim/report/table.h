#pragma once
// A comparison as a table for a terminal. Knows columns; must not know how outcomes were made.

#include <string>

#include "sim/compare/comparison.h"

namespace penstock::sim {

[[nodiscard]] std::string to_table(const Comparison& comparison);

}  // namespace penstock::sim
