#pragma once
// The routing decision: which endpoint takes this attempt, or why none can. Pure: state, time and
// chance are arguments, no allocation once its scratch has grown. Not thread-safe: one Picker per
// route and core.
//
// Filters (ready, draining, residency, left alone after a 429, breaker, already tried) → scorer →
// turn-taking among equals. Tiers in order: a lower tier is looked at only when every endpoint of
// the higher one is blocked and the tier's spill rule allows one of the reasons. Example:
// picker_test.cpp.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "routing/endpoint_state.h"
#include "routing/plan.h"

namespace penstock::routing {

/// The attempts that a call has behind it: none of these endpoints is asked again.
class Attempts {
 public:
  static constexpr std::size_t kMost = 16;

  void add(std::uint32_t endpoint, Block outcome) noexcept {
    if (count_ < kMost) {
      tried_[count_++] = {endpoint, outcome};
    }
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] std::optional<Block> outcome_of(std::uint32_t endpoint) const noexcept;

 private:
  struct Tried {
    std::uint32_t endpoint = 0;
    Block outcome = Block::kNone;
  };
  std::array<Tried, kMost> tried_{};
  std::size_t count_ = 0;
};

struct Choice {
  std::uint32_t tier = 0;
  std::uint32_t deployment = 0;
  std::uint32_t endpoint = 0;
};

/// No endpoint can take it.
struct NoChoice {
  Block reason = Block::kUnusable;  ///< the most hopeful one met: throttled before overloaded,
                                    ///< timeout, error, unusable
  std::optional<std::chrono::milliseconds>
      wait;  ///< the least time until a blocked endpoint may take calls again
};

struct Decision {
  std::optional<Choice> choice;
  NoChoice none;  ///< meaningful when there is no choice
};

class Picker {
 public:
  /// `plan` must outlive the picker.
  explicit Picker(const Plan& plan);

  /// `facts[i]` and `states[i]` describe endpoint i. `draw` is one random number; used only to
  /// sample large tiers.
  [[nodiscard]] Decision pick(std::span<const EndpointFacts> facts,
                              std::span<EndpointState* const> states, const Attempts& attempts,
                              SteadyTime now, std::uint64_t draw);

 private:
  struct Candidate {
    std::uint32_t backend = 0;
    std::uint32_t endpoint = 0;
    double score = 0;
  };
  /// Turn-taking state of a tier's backends.
  struct Turn {
    std::int64_t credit = 0;          ///< smooth weighted round robin
    std::uint32_t next_endpoint = 0;  ///< rotation in the backend
  };
  struct Blocks {
    bool allowed_to_spill =
        true;  ///< a tier with nothing that could serve always lets the call go on
    bool any_serving = false;
    NoChoice none;
    void met(Block block, const SpillRule& spill);
    void wait_until(SteadyTime at, SteadyTime now);
  };

  void collect(const PlannedTier& tier, std::span<const EndpointFacts> facts,
               std::span<EndpointState* const> states, const Attempts& attempts, SteadyTime now,
               Blocks& blocks);
  [[nodiscard]] double score(const PlannedBackend& backend, const EndpointState& state) const;
  [[nodiscard]] std::uint32_t choose(const PlannedTier& tier, std::size_t tier_index,
                                     std::uint64_t draw);
  void sample_two(std::uint64_t draw);
  void keep_backend_of_turn(const PlannedTier& tier, std::vector<Turn>& turns);
  void keep_best();

  const Plan& plan_;
  std::vector<std::vector<Turn>> turns_;  ///< per tier, per backend
  std::vector<Candidate> candidates_;     ///< scratch
};

}  // namespace penstock::routing
