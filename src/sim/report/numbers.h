#pragma once
// Numbers as reports show them. Knows digits and units; nothing of where numbers come from.

#include <chrono>
#include <cstdint>
#include <string>

#include "sim/scenario/outcome.h"

namespace penstock::sim {

/// 0.97234 → "97.23".
[[nodiscard]] std::string percent(double share);

/// Three digits and a unit: "412 ms", "1.24 s", "3.1 min".
[[nodiscard]] std::string short_time(std::chrono::nanoseconds time);

/// Replicas that held accelerators, over the time of the load.
[[nodiscard]] double mean_replicas(const Outcome& outcome, std::uint32_t gpus);

}  // namespace penstock::sim
