#include "scaling/capacity.h"

#include <algorithm>
#include <cmath>

#include "scaling/constants.h"

namespace penstock::scaling {
namespace {

constexpr double kPriorVariance = kPriorDeviation * kPriorDeviation;
constexpr double kNoise = kIntervalDeviation * kIntervalDeviation;
/// Where nobody knows better: about a 30B model on two current GPUs.
constexpr EngineTimes kPriorTimes{.prefill = 60e-6, .decode = 70e-6, .iteration = 0.015};
constexpr double kDirectionMemory = 0.05;  ///< share of the newest interval in the smoothed mix

double dot(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

}  // namespace

void CapacityLearner::set_prior(const CapacityPrior& given) {
  CapacityPrior prior = given;
  const auto or_default = [](double& seconds, double otherwise) {
    seconds = seconds > 0 ? seconds : otherwise;
  };
  or_default(prior.times.prefill, kPriorTimes.prefill);
  or_default(prior.times.decode, kPriorTimes.decode);
  or_default(prior.times.iteration, kPriorTimes.iteration);
  const bool same_times = prior.times == prior_.times;
  prior_ = prior;
  if (same_times) {
    return;
  }
  ratio_ = {1, 1, 1};
  covariance_ = {kPriorVariance, 0, 0, 0, kPriorVariance, 0, 0, 0, kPriorVariance};
  direction_ = {};
  intervals_ = 0;
}

EngineTimes CapacityLearner::times() const {
  const auto bounded = [](double ratio) { return std::clamp(ratio, 1 / kMostDrift, kMostDrift); };
  return {.prefill = prior_.times.prefill * bounded(ratio_[1]),
          .decode = prior_.times.decode * bounded(ratio_[2]),
          .iteration = prior_.times.iteration * bounded(ratio_[0])};
}

CapacityLearner::Vector CapacityLearner::regressors(const EngineInterval& interval) const {
  const double iterations = interval.iterations > 0 ? interval.iterations
                            : interval.running > 0  ? interval.generated / interval.running
                                                    : 0;
  return {prior_.times.iteration * iterations / interval.seconds,
          prior_.times.prefill * interval.prefilled / interval.seconds,
          prior_.times.decode * interval.generated / interval.seconds};
}

double CapacityLearner::predicted_share(const EngineInterval& interval) const {
  return interval.seconds > 0 ? dot(ratio_, regressors(interval)) : 0;
}

CapacityLearner::Vector CapacityLearner::covariance_times(const Vector& x) const {
  Vector out{};
  for (std::size_t row = 0; row < 3; ++row) {
    out[row] = covariance_[row * 3] * x[0] + covariance_[row * 3 + 1] * x[1] +
               covariance_[row * 3 + 2] * x[2];
  }
  return out;
}

void CapacityLearner::learn(const EngineInterval& interval) {
  const bool long_enough =
      interval.seconds >= kShortestInterval.count() && interval.seconds <= kLongestInterval.count();
  if (!long_enough || interval.generated <= 0) {
    return;
  }
  const Vector x = regressors(interval);
  const double error = 1 - dot(ratio_, x);
  const bool busy =
      interval.running >= kLoadedSequences && interval.least_running >= kLoadedSequences / 2;
  // No engine works more than all the time: where exact counts say so, the model is too slow.
  const bool impossible = interval.iterations > 0 && error < -kIntervalDeviation;
  if (!busy && !impossible) {
    return;
  }
  update(x, error);
  for (std::size_t i = 0; i < 3; ++i) {
    direction_[i] += (intervals_ == 0 ? 1 : kDirectionMemory) * (x[i] - direction_[i]);
  }
  intervals_ += 1;
}

void CapacityLearner::update(const Vector& x, double error) {
  Vector px = covariance_times(x);
  const double expected_variance = dot(x, px) + kNoise;
  const double most = kClipDeviations * std::sqrt(expected_variance);
  const double clipped = std::clamp(error, -most, most);
  for (std::size_t i = 0; i < 3; ++i) {
    ratio_[i] =
        std::clamp(ratio_[i] + px[i] / expected_variance * clipped, 1 / kMostDrift, kMostDrift);
  }
  // Only what the interval speaks of is forgotten (Kulhavy, 1987). Were all directions, then hours
  // of equal batches, which cannot tell an iteration from its sequences, would let the coefficients
  // wander along what they all leave open.
  const double told = dot(x, px);
  if (told > 0) {
    const double weight = kForgetting - (1 - kForgetting) * kNoise / told;
    const double scale = weight == 0 ? 0 : 1 / (kNoise / weight + told);
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t column = 0; column < 3; ++column) {
        covariance_[row * 3 + column] -= px[row] * px[column] * scale;
      }
    }
  }
  // Directions never excited must not become surer or wilder than the prior.
  for (std::size_t i = 0; i < 3; ++i) {
    const double excess = covariance_[i * 3 + i] / kPriorVariance;
    if (excess > 1) {
      const double shrink = 1 / std::sqrt(excess);
      for (std::size_t j = 0; j < 3; ++j) {
        covariance_[i * 3 + j] *= shrink;
        covariance_[j * 3 + i] *= shrink;
      }
    }
  }
}

double CapacityLearner::confidence() const {
  if (intervals_ == 0) {
    return 0;
  }
  const double doubt = dot(direction_, covariance_times(direction_));
  const double prior_doubt = kPriorVariance * dot(direction_, direction_);
  if (!(prior_doubt > 0)) {
    return 0;
  }
  return std::clamp(1 - std::sqrt(std::max(doubt, 0.0) / prior_doubt), 0.0, 1.0);
}

}  // namespace penstock::scaling
