#pragma once
// Draws the calls of a day from a ServeGen population: every client a renewal process per window,
// all merged in order of time. Knows populations and chance; must not know engines.

#include <cstdint>
#include <memory>

#include "sim/trace/population.h"
#include "sim/trace/request.h"

namespace penstock::sim {

struct ServegenOptions {
  /// Each call stays with this probability (a smaller deployment serves fewer of the same users);
  /// at most 1.
  double thin = 1;
  std::uint64_t seed = 1;
};

/// Clients whose lengths the files do not have draw theirs from the others, in proportion to rate.
[[nodiscard]] std::unique_ptr<TraceSource> draw_servegen(Population population,
                                                         const ServegenOptions& options);

/// The value at probability `u` of a distribution given by quantiles, linear between them.
[[nodiscard]] double at_quantile(const std::vector<double>& probabilities,
                                 const std::vector<double>& values, double u);

}  // namespace penstock::sim
