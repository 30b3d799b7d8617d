#pragma once
// A comparison as one HTML page without any network: a table, cost against attainment, and the
// course of load, replicas, attainment and TTFT. Knows the document of document.h; must not know
// how outcomes were made.

#include <string>
#include <string_view>

#include "sim/compare/comparison.h"

namespace penstock::sim {

[[nodiscard]] std::string to_page(const Comparison& comparison);

/// The fixed parts of the page (page_style.cpp, page_script.cpp).
[[nodiscard]] std::string_view page_style();
[[nodiscard]] std::string_view page_script();

}  // namespace penstock::sim
