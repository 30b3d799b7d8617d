#pragma once
// Gaps between arrivals of one client: Gamma or Weibull with a given mean and shape, drawn from a
// seeded generator the same way on every machine. Knows distributions; must not know traces or
// time.

#include <cstdint>

#include "base/random.h"

namespace penstock::sim {

/// Marsaglia and Tsang, 2000. Precondition: shape > 0.
[[nodiscard]] double draw_gamma(Random& random, double shape);
[[nodiscard]] double draw_normal(Random& random);

class Gaps {
 public:
  enum class Family : std::uint8_t { kGamma, kWeibull };

  /// Preconditions: shape > 0, mean > 0.
  Gaps(Family family, double shape, double mean);

  /// One gap, in the unit of the mean.
  [[nodiscard]] double draw(Random& random) const;

  /// The sum of `count` gaps, at least 1; one draw for Gamma gaps, whose sums are Gamma again.
  [[nodiscard]] double draw_sum(Random& random, std::uint64_t count) const;

  /// From a moment chosen without looking to the next arrival: a part of a gap that was found in
  /// proportion to its length. With it a window has rate × length arrivals on average however
  /// bursty they are; beginning each window with a whole gap would not.
  [[nodiscard]] double draw_first(Random& random) const;

 private:
  Family family_;
  double shape_;
  double scale_;
};

}  // namespace penstock::sim
