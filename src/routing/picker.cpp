#include "routing/picker.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace penstock::routing {
namespace {

/// Above this many candidates two are drawn and the better one taken: nearly as good as the best,
/// at a cost that does not grow, and cores that know only their own calls do not all run to the
/// same endpoint.
constexpr std::size_t kSampleAbove = 16;

/// Which reason to give the client when several apply; the larger says more about what it can do.
int hope(Block block) {
  switch (block) {
    case Block::kThrottled:
      return 5;
    case Block::kOverloaded:
      return 4;
    case Block::kTimeout:
      return 3;
    case Block::kError:
      return 2;
    case Block::kUnusable:
      return 1;
    case Block::kNone:
      return 0;
  }
  return 0;
}

}  // namespace

std::optional<Block> Attempts::outcome_of(std::uint32_t endpoint) const noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    if (tried_[i].endpoint == endpoint) {
      return tried_[i].outcome;
    }
  }
  return std::nullopt;
}

Picker::Picker(const Plan& plan) : plan_(plan) {
  turns_.reserve(plan.tiers.size());
  for (const PlannedTier& tier : plan.tiers) {
    turns_.emplace_back(tier.backends.size());
  }
}

Decision Picker::pick(std::span<const EndpointFacts> facts, std::span<EndpointState* const> states,
                      const Attempts& attempts, SteadyTime now, std::uint64_t draw) {
  Decision decision;
  if (const auto tier = find_tier(facts, states, attempts, now, decision.none)) {
    const std::uint32_t endpoint = choose(plan_.tiers[*tier], *tier, draw);
    decision.choice = Choice{.tier = static_cast<std::uint32_t>(*tier),
                             .deployment = facts[endpoint].deployment,
                             .endpoint = endpoint};
  }
  return decision;
}

Openings Picker::openings(std::span<const EndpointFacts> facts,
                          std::span<EndpointState* const> states, SteadyTime now,
                          std::uint32_t per_endpoint) {
  Openings out;
  NoChoice none;
  if (!find_tier(facts, states, {}, now, none)) {
    out.wait = none.wait;
    return out;
  }
  out.endpoints = candidates_.size();
  for (const Candidate& candidate : candidates_) {
    const std::uint32_t in_flight = states[candidate.endpoint]->in_flight();
    out.places += per_endpoint - std::min(per_endpoint, in_flight);
  }
  return out;
}

std::uint32_t Picker::preferred(std::uint64_t draw) const {
  const std::vector<PlannedBackend>& backends = plan_.tiers.front().backends;
  std::uint64_t total = 0;
  for (const PlannedBackend& backend : backends) {
    total += backend.weight;
  }
  std::uint64_t left = total == 0 ? 0 : draw % total;
  for (const PlannedBackend& backend : backends) {
    if (left < backend.weight) {
      return backend.deployment;
    }
    left -= backend.weight;
  }
  return backends.front().deployment;
}

std::optional<std::size_t> Picker::find_tier(std::span<const EndpointFacts> facts,
                                             std::span<EndpointState* const> states,
                                             const Attempts& attempts, SteadyTime now,
                                             NoChoice& none) {
  for (std::size_t i = 0; i < plan_.tiers.size(); ++i) {
    Blocks blocks{.none = none};
    collect(plan_.tiers[i], facts, states, attempts, now, blocks);
    none = blocks.none;
    if (!candidates_.empty()) {
      return i;
    }
    if (blocks.end_here()) {
      break;
    }
  }
  return std::nullopt;
}

void Picker::Blocks::met_cold(const PlannedBackend& backend) {
  held = held || backend.holds_while_cold;
  if (!none.cold) {
    none.cold = backend.deployment;
  }
}

void Picker::Blocks::met(Block block, const SpillRule& spill) {
  if (block != Block::kUnusable) {
    // The first endpoint that could serve at all takes the decision away from those that could not.
    allowed_to_spill = (any_serving && allowed_to_spill) || spill.allows(block);
    any_serving = true;
  }
  if (hope(block) > hope(none.reason)) {
    none.reason = block;
  }
}

void Picker::Blocks::wait_until(SteadyTime at, SteadyTime now) {
  const auto wait = std::max(std::chrono::ceil<std::chrono::milliseconds>(at - now),
                             std::chrono::milliseconds(0));
  if (!none.wait || wait < *none.wait) {
    none.wait = wait;
  }
}

void Picker::collect(const PlannedTier& tier, std::span<const EndpointFacts> facts,
                     std::span<EndpointState* const> states, const Attempts& attempts,
                     SteadyTime now, Blocks& blocks) {
  candidates_.clear();
  blocks.allowed_to_spill = true;
  for (std::size_t b = 0; b < tier.backends.size(); ++b) {
    const PlannedBackend& backend = tier.backends[b];
    bool cold = backend.waits_for_start && backend.weight != 0;
    if (backend.endpoint_count == 0) {
      blocks.met(Block::kUnusable, tier.spill);
    }
    for (std::uint32_t e = backend.first_endpoint;
         e < backend.first_endpoint + backend.endpoint_count; ++e) {
      const EndpointFacts& fact = facts[e];
      if (backend.weight == 0 || !fact.ready || fact.draining || !fact.residency_allowed) {
        blocks.met(Block::kUnusable, tier.spill);
        continue;
      }
      const EndpointState& state = *states[e];
      const Block block = state.blocked(now);
      if (block == Block::kThrottled) {
        blocks.wait_until(state.cooldown().until(), now);
      } else if (block == Block::kError) {
        blocks.wait_until(state.breaker().retry_at(), now);
      }
      const std::optional<Block> tried = attempts.outcome_of(e);
      if (tried || block != Block::kNone) {
        blocks.met(tried.value_or(block), tier.spill);
        cold = cold && state.unreached();
        continue;
      }
      cold = false;
      candidates_.push_back({static_cast<std::uint32_t>(b), e, score(backend, state)});
    }
    if (cold) {
      blocks.met_cold(backend);
    }
  }
}

double Picker::score(const PlannedBackend& backend, const EndpointState& state) const {
  switch (plan_.algorithm) {
    case Algorithm::kLeastLoad:
      return static_cast<double>(state.work()) / backend.weight;
    case Algorithm::kLatency:
      return state.smoothed_first_byte_ms() * (state.in_flight() + 1.0) / backend.weight;
    case Algorithm::kWeighted:
      return static_cast<double>(state.work());
    case Algorithm::kRoundRobin:
      return 0;
  }
  return 0;
}

std::uint32_t Picker::choose(const PlannedTier& tier, std::size_t tier_index, std::uint64_t draw) {
  std::vector<Turn>& turns = turns_[tier_index];
  const bool backend_first =
      plan_.algorithm == Algorithm::kWeighted || plan_.algorithm == Algorithm::kRoundRobin;
  if (backend_first) {
    keep_backend_of_turn(tier, turns);
  }
  if (candidates_.size() > kSampleAbove && plan_.algorithm != Algorithm::kRoundRobin) {
    sample_two(draw);
  }
  keep_best();
  if (!backend_first) {
    keep_backend_of_turn(tier, turns);
  }
  Turn& turn = turns[candidates_.front().backend];
  // In turn within the backend: the first candidate at or after the rotation's position, else the
  // first of all.
  const Candidate* chosen = &candidates_.front();
  for (const Candidate& candidate : candidates_) {
    if (candidate.endpoint >= turn.next_endpoint) {
      chosen = &candidate;
      break;
    }
  }
  turn.next_endpoint = chosen->endpoint + 1;
  return chosen->endpoint;
}

void Picker::sample_two(std::uint64_t draw) {
  const std::size_t n = candidates_.size();
  const std::size_t first = static_cast<std::uint32_t>(draw) % n;
  const std::size_t second = (first + 1 + static_cast<std::uint32_t>(draw >> 32U) % (n - 1)) % n;
  const Candidate a = candidates_[std::min(first, second)];
  const Candidate b = candidates_[std::max(first, second)];
  candidates_.clear();
  candidates_.push_back(a);
  candidates_.push_back(b);
}

// Smooth weighted round robin (as nginx does it) over the backends that have a candidate: exact
// shares, no bursts.
void Picker::keep_backend_of_turn(const PlannedTier& tier, std::vector<Turn>& turns) {
  const bool equal = plan_.algorithm == Algorithm::kRoundRobin;
  std::int64_t total = 0;
  std::uint32_t best = candidates_.front().backend;
  std::int64_t best_credit = std::numeric_limits<std::int64_t>::min();
  std::uint32_t previous = std::numeric_limits<std::uint32_t>::max();
  for (const Candidate& candidate : candidates_) {
    if (candidate.backend == previous) {
      continue;  // candidates are grouped by backend
    }
    previous = candidate.backend;
    const std::int64_t weight = equal ? 1 : tier.backends[candidate.backend].weight;
    Turn& turn = turns[candidate.backend];
    turn.credit += weight;
    total += weight;
    if (turn.credit > best_credit) {
      best_credit = turn.credit;
      best = candidate.backend;
    }
  }
  turns[best].credit -= total;
  std::erase_if(candidates_, [best](const Candidate& c) { return c.backend != best; });
}

void Picker::keep_best() {
  const auto least =
      std::min_element(candidates_.begin(), candidates_.end(),
                       [](const Candidate& a, const Candidate& b) { return a.score < b.score; });
  const double score = least->score;
  std::erase_if(candidates_, [score](const Candidate& c) { return c.score > score; });
}

}  // namespace penstock::routing
