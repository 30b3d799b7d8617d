#pragma once
// The planner: a model's wish and a kind of accelerator in, how many and how they are used out; or
// why not, and what would do. Pure. Takes no decision about replicas.
//
//   const auto plan = plan_on(wish, h100);       // one kind
//   const auto plan = plan_among(wish, h100, all);  // the same; a refusal names others that fit

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include "scaling/planner/layout.h"
#include "scaling/planner/memory.h"
#include "scaling/planner/wish.h"

namespace penstock::scaling::planner {

// An engine works on more calls at once than fit with their full context, because few use it; when
// it runs out of room it sets some back. So many are let in:
inline constexpr std::uint64_t kUsualCallTokens = 2048;
inline constexpr std::uint64_t kMostSequences = 256;  ///< vLLM captures graphs up to here

struct Plan {
  std::string profile;
  Layout layout;
  std::uint64_t accelerators = 0;  ///< of one replica; 0 on a CPU profile
  std::uint64_t nodes = 1;
  std::uint64_t weights = 0;             ///< bytes, of one replica
  std::uint64_t kv_bytes = 0;            ///< left for the KV cache, over all accelerators
  std::uint64_t kv_bytes_per_token = 0;  ///< before replication; 0: unknown, as the three below
  std::uint64_t kv_tokens = 0;           ///< that fit at once
  std::uint64_t calls_at_context = 0;    ///< of the full context, that fit at once
  std::uint64_t max_sequences = 0;       ///< what the engine is told
  std::optional<std::uint64_t> hourly_micro_usd;  ///< of one replica
  std::string why;
};

enum class Obstacle {
  kLayout,  ///< what the user fixed cannot be
  kMemory,  ///< it does not fit
};

struct Refusal {
  Obstacle obstacle = Obstacle::kMemory;
  std::string message;  ///< with the remedy
};

using Planned = std::expected<Plan, Refusal>;

/// The smallest number of accelerators that is enough. The refusal names what would do on this
/// hardware: other numbers, fewer bits, a shorter context.
[[nodiscard]] Planned plan_on(const Wish& wish, const Hardware& hardware);

/// The same; a refusal also names the smallest of `all` that fits what the user did not fix.
[[nodiscard]] Planned plan_among(const Wish& wish, const Hardware& hardware,
                                 std::span<const Hardware> all);

/// The hardware with the least memory in all that fits the wish; nullptr when none does. A count
/// and a tensor size that the user fixed are left out: they belong to another hardware.
[[nodiscard]] const Hardware* smallest_fit(const Wish& wish, std::span<const Hardware> all);

/// Which of two hardwares to prefer: accelerators before a CPU, the cheaper by the hour (one
/// without a price comes last), fewer accelerators, less memory, the name.
[[nodiscard]] bool better(const Plan& a, const Hardware& on_a, const Plan& b, const Hardware& on_b);

/// The layout with the fewest accelerators that is enough; absent when there is none, and when what
/// the user fixed cannot be.
[[nodiscard]] std::optional<Layout> first_fit(const Wish& wish, const Hardware& hardware);

}  // namespace penstock::scaling::planner
