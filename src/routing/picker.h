#pragma once
// The routing decision: which endpoint takes this attempt, or why none can. Pure: state, time and
// chance are arguments, no allocation once its scratch has grown. Not thread-safe: one Picker per
// route and core.
//
// Filters (ready, draining, residency, left alone after a 429, breaker, already tried) → scorer →
// turn-taking among equals. Tiers in order: a lower tier is looked at only when every endpoint of
// the higher one is blocked and the tier's spill rule allows one of the reasons. A tier without any
// endpoint, one of whose backends holds its calls until it has one, lets nothing go on. Endpoints
// at which nobody was there count as none when it comes to waiting. Example: picker_test.cpp.

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
  std::optional<std::uint32_t>
      cold;  ///< the first deployment met that has no endpoint to take calls, but may be waited for
};

struct Decision {
  std::optional<Choice> choice;
  NoChoice none;  ///< meaningful when there is no choice
};

/// What calls that wait could be given now.
struct Openings {
  std::size_t endpoints = 0;                      ///< that would take a call
  std::size_t places = 0;                         ///< calls that they have too few of
  std::optional<std::chrono::milliseconds> wait;  ///< as in NoChoice, when there are none
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

  /// The endpoints that pick() would choose from for a new call. Each has as many places as its
  /// calls in flight are fewer than `per_endpoint`.
  [[nodiscard]] Openings openings(std::span<const EndpointFacts> facts,
                                  std::span<EndpointState* const> states, SteadyTime now,
                                  std::uint32_t per_endpoint);

  /// The deployment that the route would like to use: one of the first tier's by weight, whatever
  /// its state.
  [[nodiscard]] std::uint32_t preferred(std::uint64_t draw) const;

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
    bool held = false;  ///< a cold backend keeps its calls here
    NoChoice none;
    [[nodiscard]] bool end_here() const { return !allowed_to_spill || (held && !any_serving); }
    void met_cold(const PlannedBackend& backend);
    void met(Block block, const SpillRule& spill);
    void wait_until(SteadyTime at, SteadyTime now);
  };

  void collect(const PlannedTier& tier, std::span<const EndpointFacts> facts,
               std::span<EndpointState* const> states, const Attempts& attempts, SteadyTime now,
               Blocks& blocks);
  /// The first tier that has candidates, or none; candidates_ are its.
  std::optional<std::size_t> find_tier(std::span<const EndpointFacts> facts,
                                       std::span<EndpointState* const> states,
                                       const Attempts& attempts, SteadyTime now, NoChoice& none);
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
