#pragma once
// Which of two routes that take the same call answers it: pure.
//
// The more exactly a route names models, the earlier it is asked; then the more conditions it has
// (consumers, paths, each header), the longest path, then the older one, then the name (as in
// Gateway API, so that a new route never silently takes calls from one that exists).

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "gateway/snapshot/document.h"

namespace penstock::controller::snapshot {

struct RouteWithAge {
  gateway::snapshot::Route route;
  WallTime created{};  ///< the epoch when unknown, as in standalone
};

void sort_by_precedence(std::vector<RouteWithAge>& routes);

/// Longest text outside of wildcards over the patterns; an exact name counts above any pattern.
[[nodiscard]] std::uint32_t model_precision(const std::vector<std::string>& models);

}  // namespace penstock::controller::snapshot
