#include "sim/trace/renewal.h"

#include <cmath>

namespace penstock::sim {
namespace {

/// In (0, 1): logarithms need it.
double open_unit(Random& random) {
  return random.unit() + 0x1.0p-54;
}

}  // namespace

double draw_normal(Random& random) {
  while (true) {  // Marsaglia's polar method
    const double x = 2 * random.unit() - 1;
    const double y = 2 * random.unit() - 1;
    const double s = x * x + y * y;
    if (s > 0 && s < 1) {
      return x * std::sqrt(-2 * std::log(s) / s);
    }
  }
}

double draw_gamma(Random& random, double shape) {
  if (shape < 1) {
    // A draw of shape + 1, shrunk. The power is taken as an exponential: it may underflow to 0.
    return draw_gamma(random, shape + 1) * std::exp(std::log(open_unit(random)) / shape);
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = draw_normal(random);
    const double root = 1 + c * x;
    if (root <= 0) {
      continue;
    }
    const double v = root * root * root;
    if (std::log(open_unit(random)) < 0.5 * x * x + d - d * v + d * std::log(v)) {
      return d * v;
    }
  }
}

Gaps::Gaps(Family family, double shape, double mean)
    : family_(family),
      shape_(shape),
      scale_(family == Family::kGamma ? mean / shape : mean / std::tgamma(1 + 1 / shape)) {}

double Gaps::draw(Random& random) const {
  if (family_ == Family::kGamma) {
    return scale_ * draw_gamma(random, shape_);
  }
  return scale_ * std::pow(-std::log(open_unit(random)), 1 / shape_);
}

double Gaps::draw_sum(Random& random, std::uint64_t count) const {
  if (family_ == Family::kGamma) {
    return scale_ * draw_gamma(random, shape_ * static_cast<double>(count));
  }
  double sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    sum += draw(random);
  }
  return sum;
}

double Gaps::draw_first(Random& random) const {
  // Length-biased: a Gamma of shape + 1; for a Weibull its power is a Gamma of 1 + 1 / shape.
  const double whole = family_ == Family::kGamma
                           ? draw_gamma(random, shape_ + 1)
                           : std::pow(draw_gamma(random, 1 + 1 / shape_), 1 / shape_);
  return scale_ * whole * random.unit();
}

}  // namespace penstock::sim
