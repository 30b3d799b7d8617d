#pragma once
// The one order in an engine: of its queue, its victims, and of what happens at the same time.
// Knows nothing else.

#include <compare>
#include <cstdint>

namespace penstock::sim {

/// Smaller goes first. Under FCFS every priority is 0. A preempted request keeps its key.
struct QueueKey {
  std::int32_t priority = 0;
  std::uint64_t order = 0;  ///< of arrival at the engine
  friend auto operator<=>(const QueueKey&, const QueueKey&) = default;
};

}  // namespace penstock::sim
