#include "sim/report/numbers.h"

#include <algorithm>

#include <fmt/format.h>

namespace penstock::sim {

std::string percent(double share) {
  return fmt::format("{:.2f}", share * 100);
}

std::string short_time(std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  if (seconds < 0.9995) {
    return fmt::format("{:.0f} ms", seconds * 1000);
  }
  if (seconds < 99.95) {
    return fmt::format("{:.2f} s", seconds);
  }
  return fmt::format("{:.1f} min", seconds / 60);
}

double mean_replicas(const Outcome& outcome, std::uint32_t gpus) {
  return outcome.gpu_seconds / gpus / std::max(outcome.load_seconds, 1e-9);
}

}  // namespace penstock::sim
