#include "routing/picker.h"

#include <map>
#include <memory>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"

namespace penstock::routing {
namespace {

using namespace std::chrono_literals;

const SteadyTime kNow{1000s};

/// A little world: endpoints are added backend by backend, tier by tier.
class World {
 public:
  World& tier(SpillRule spill = {}) {
    plan_.tiers.push_back({{}, spill});
    return *this;
  }
  World& backend(std::uint32_t weight, std::uint32_t endpoints) {
    PlannedBackend b{.deployment = deployments_++,
                     .weight = weight,
                     .first_endpoint = static_cast<std::uint32_t>(facts_.size()),
                     .endpoint_count = endpoints};
    for (std::uint32_t i = 0; i < endpoints; ++i) {
      facts_.push_back({.deployment = b.deployment});
      owned_.push_back(std::make_unique<EndpointState>());
      states_.push_back(owned_.back().get());
    }
    plan_.tiers.back().backends.push_back(b);
    return *this;
  }
  /// Of the last backend.
  World& cold_start(bool holds) {
    plan_.tiers.back().backends.back().waits_for_start = true;
    plan_.tiers.back().backends.back().holds_while_cold = holds;
    return *this;
  }
  World& algorithm(Algorithm a) {
    plan_.algorithm = a;
    return *this;
  }

  Decision pick(const Attempts& attempts = {}, SteadyTime now = kNow) {
    if (!picker_) {
      picker_ = std::make_unique<Picker>(plan_);
    }
    return picker_->pick(facts_, states_, attempts, now, random_.next());
  }
  Openings openings(std::uint32_t per_endpoint) {
    (void)pick();
    return picker_->openings(facts_, states_, kNow, per_endpoint);
  }
  std::uint32_t preferred() {
    (void)pick();
    return picker_->preferred(random_.next());
  }
  EndpointState& state(std::size_t i) { return *states_[i]; }
  EndpointFacts& facts(std::size_t i) { return facts_[i]; }

  void throttle(std::size_t i, std::chrono::milliseconds wait) {
    const auto ticket = state(i).begin(kNow, 0);
    state(i).end(ticket, 0, Verdict::kThrottled, {}, kNow, wait);
  }
  void fail(std::size_t i, Verdict verdict, std::uint32_t opens_at = 5) {
    const auto ticket = state(i).begin(kNow, 0);
    state(i).end(ticket, 0, verdict, {.consecutive_failures = opens_at, .open_for = 10s}, kNow);
  }
  void open_breaker(std::size_t i) { fail(i, Verdict::kFailed, 1); }

 private:
  Plan plan_;
  std::vector<EndpointFacts> facts_;
  std::vector<std::unique_ptr<EndpointState>> owned_;
  std::vector<EndpointState*> states_;
  std::uint32_t deployments_ = 0;
  std::unique_ptr<Picker> picker_;
  Random random_{7};
};

std::map<std::uint32_t, int> shares(World& world, int calls) {
  std::map<std::uint32_t, int> out;
  for (int i = 0; i < calls; ++i) {
    ++out[world.pick().choice->endpoint];
  }
  return out;
}

TEST(Picker, LeastWorkFirst) {
  World world;
  world.tier().backend(1, 3);
  (void)world.state(0).begin(kNow, 100);
  (void)world.state(1).begin(kNow, 10);
  (void)world.state(2).begin(kNow, 50);
  EXPECT_EQ(world.pick().choice->endpoint, 1U);
}

TEST(Picker, LeastLoadRespectsWeights) {
  World world;
  world.tier().backend(4, 1).backend(1, 1);
  (void)world.state(0).begin(kNow, 300);
  (void)world.state(1).begin(kNow, 100);
  EXPECT_EQ(world.pick().choice->endpoint, 0U) << "300/4 < 100/1";
}

TEST(Picker, IdleEqualsTakeTurns) {
  World world;
  world.tier().backend(1, 4);
  for (const auto& [endpoint, calls] : shares(world, 400)) {
    EXPECT_EQ(calls, 100) << endpoint;
  }
}

TEST(Picker, WeightsHoldWithinOnePercent) {
  for (const Algorithm algorithm : {Algorithm::kWeighted, Algorithm::kLeastLoad}) {
    World world;
    world.algorithm(algorithm).tier().backend(70, 1).backend(20, 1).backend(10, 1).backend(0, 1);
    auto got = shares(world, 10'000);
    EXPECT_NEAR(got[0], 7'000, 100);
    EXPECT_NEAR(got[1], 2'000, 100);
    EXPECT_NEAR(got[2], 1'000, 100);
    EXPECT_EQ(got[3], 0) << "weight 0 takes nothing";
  }
}

TEST(Picker, RoundRobinIgnoresWeightsAndLoad) {
  World world;
  world.algorithm(Algorithm::kRoundRobin).tier().backend(9, 1).backend(1, 1);
  (void)world.state(0).begin(kNow, 1'000);
  auto got = shares(world, 100);
  EXPECT_EQ(got[0], 50);
  EXPECT_EQ(got[1], 50);
}

TEST(Picker, LatencyPrefersTheFasterUntilItIsBusy) {
  World world;
  world.algorithm(Algorithm::kLatency).tier().backend(1, 2);
  world.state(0).first_byte_after(10ms);
  world.state(1).first_byte_after(35ms);
  EXPECT_EQ(world.pick().choice->endpoint, 0U);
  for (int i = 0; i < 4; ++i) {
    (void)world.state(0).begin(kNow, 1);
  }
  EXPECT_EQ(world.pick().choice->endpoint, 1U);
}

TEST(Picker, FiltersUnusable) {
  World world;
  world.tier().backend(1, 4);
  world.facts(0).ready = false;
  world.facts(1).draining = true;
  world.facts(2).residency_allowed = false;
  EXPECT_EQ(shares(world, 10), (std::map<std::uint32_t, int>{{3, 10}}));
}

TEST(Picker, SecondTierUnusedWhileTheFirstCanTakeIt) {
  World world;
  world.tier().backend(1, 2).tier().backend(1, 1);
  EXPECT_EQ(shares(world, 1'000), (std::map<std::uint32_t, int>{{0, 500}, {1, 500}}));
  world.throttle(0, 5s);
  EXPECT_EQ(world.pick().choice->tier, 0U) << "one endpoint of tier 0 is still free";
  world.open_breaker(1);
  EXPECT_EQ(world.pick().choice->endpoint, 2U);
  EXPECT_EQ(world.pick({}, kNow + 5s).choice->endpoint, 0U) << "back as soon as the wait is over";
}

TEST(Picker, SpillRuleNamesTheReasons) {
  World world;
  world.tier({.throttled = false, .overloaded = true, .error = true, .timeout = true})
      .backend(1, 1)
      .tier()
      .backend(1, 1);
  world.throttle(0, 1'500ms);
  const Decision decision = world.pick();
  ASSERT_FALSE(decision.choice);
  EXPECT_EQ(decision.none.reason, Block::kThrottled);
  EXPECT_EQ(decision.none.wait, 1'500ms);
}

TEST(Picker, NeverSpillsOnATimeoutUnlessAllowed) {
  World world;
  world.tier({.throttled = true, .overloaded = true, .error = true, .timeout = false})
      .backend(1, 1)
      .tier()
      .backend(1, 1);
  Attempts attempts;
  attempts.add(0, Block::kTimeout);
  EXPECT_FALSE(world.pick(attempts).choice);
  Attempts failed;
  failed.add(0, Block::kError);
  EXPECT_EQ(world.pick(failed).choice->endpoint, 1U);
}

TEST(Picker, AnUnreadyNeighbourDoesNotOpenAClosedSpill) {
  World world;
  world.tier({.throttled = false, .overloaded = true, .error = true, .timeout = true})
      .backend(1, 2)
      .tier()
      .backend(1, 1);
  world.facts(0).ready = false;
  world.throttle(1, 1s);
  EXPECT_FALSE(world.pick().choice);
  world.facts(1).ready = false;
  EXPECT_EQ(world.pick().choice->endpoint, 2U) << "nothing in tier 0 serves at all";
}

TEST(Picker, RetryGoesToTheNextCandidateAndNeverBack) {
  World world;
  world.tier().backend(1, 3).tier().backend(1, 1);
  Attempts attempts;
  std::vector<std::uint32_t> order;
  for (int i = 0; i < 4; ++i) {
    const Decision decision = world.pick(attempts);
    ASSERT_TRUE(decision.choice);
    order.push_back(decision.choice->endpoint);
    attempts.add(decision.choice->endpoint, Block::kError);
  }
  EXPECT_EQ(order.back(), 3U) << "the lower tier last";
  EXPECT_EQ(std::set<std::uint32_t>(order.begin(), order.end()).size(), 4U);
  EXPECT_FALSE(world.pick(attempts).choice);
}

TEST(Picker, AllThrottledNamesTheLeastWait) {
  World world;
  world.tier().backend(1, 2).tier().backend(1, 1);
  world.throttle(0, 9s);
  world.throttle(1, 3s);
  world.throttle(2, 4s);
  const Decision decision = world.pick();
  ASSERT_FALSE(decision.choice);
  EXPECT_EQ(decision.none.reason, Block::kThrottled);
  EXPECT_EQ(decision.none.wait, 3s);
}

TEST(Picker, EmptyPlan) {
  World world;
  world.tier();
  EXPECT_FALSE(world.pick().choice);
  EXPECT_EQ(world.pick().none.reason, Block::kUnusable);
}

// Property: on random worlds a choice is always usable, is in the highest tier that has a usable
// endpoint, and there is a choice whenever any endpoint is usable (spill rules all open).
TEST(Picker, PropertyHighestUsableTier) {
  Random random(42);
  for (int round = 0; round < 2'000; ++round) {
    World world;
    world.algorithm(static_cast<Algorithm>(random.below(4)));
    std::vector<std::uint32_t> tier_of;
    const auto tiers = 1 + random.below(3);
    for (std::uint32_t t = 0; t < tiers; ++t) {
      world.tier();
      const auto backends = 1 + random.below(3);
      for (std::uint32_t b = 0; b < backends; ++b) {
        const auto n = static_cast<std::uint32_t>(random.below(round % 10 == 0 ? 40 : 4));
        world.backend(static_cast<std::uint32_t>(1 + random.below(5)), n);
        tier_of.insert(tier_of.end(), n, t);
      }
    }
    Attempts attempts;
    std::vector<bool> usable(tier_of.size(), true);
    for (std::size_t i = 0; i < tier_of.size(); ++i) {
      switch (random.below(6)) {
        case 0:
          world.facts(i).ready = false;
          usable[i] = false;
          break;
        case 1:
          world.throttle(i, 1s);
          usable[i] = false;
          break;
        case 2:
          world.open_breaker(i);
          usable[i] = false;
          break;
        case 3:
          if (attempts.count() < Attempts::kMost) {
            attempts.add(static_cast<std::uint32_t>(i), Block::kError);
            usable[i] = false;
          }
          break;
        default:
          (void)world.state(i).begin(kNow, random.below(100));
      }
    }
    std::optional<std::uint32_t> best;
    for (std::size_t i = 0; i < tier_of.size(); ++i) {
      if (usable[i] && (!best || tier_of[i] < *best)) {
        best = tier_of[i];
      }
    }
    const Decision decision = world.pick(attempts);
    ASSERT_EQ(decision.choice.has_value(), best.has_value());
    if (decision.choice) {
      ASSERT_TRUE(usable[decision.choice->endpoint]);
      ASSERT_EQ(decision.choice->tier, *best);
      ASSERT_EQ(tier_of[decision.choice->endpoint], *best);
    }
  }
}

TEST(Picker, AColdDeploymentIsNamedAndPassedOver) {
  World world;
  world.tier().backend(1, 0).cold_start(false).tier().backend(1, 1);
  EXPECT_EQ(world.pick().choice->endpoint, 0U) << "the lower tier's";
  world.throttle(0, 5s);
  const Decision none = world.pick();
  EXPECT_FALSE(none.choice);
  EXPECT_EQ(none.none.cold, 0U);
  EXPECT_EQ(none.none.reason, Block::kThrottled);
  EXPECT_EQ(none.none.wait, 5s);
}

TEST(Picker, AColdDeploymentMayHoldItsCalls) {
  World world;
  world.tier().backend(1, 1).cold_start(true).tier().backend(1, 1);
  EXPECT_EQ(world.pick().choice->endpoint, 0U);
  world.facts(0).ready = false;
  const Decision held = world.pick();
  EXPECT_FALSE(held.choice);
  EXPECT_EQ(held.none.cold, 0U);
}

TEST(Picker, WhereAnotherBackendServesTheSpillRuleDecides) {
  World world;
  world.tier().backend(1, 0).cold_start(true).backend(1, 1).tier().backend(1, 1);
  EXPECT_EQ(world.pick().choice->endpoint, 0U);
  world.throttle(0, 5s);
  EXPECT_EQ(world.pick().choice->endpoint, 1U) << "throttled calls may spill";
}

TEST(Picker, WhereNobodyIsThereAStartIsWaitedFor) {
  for (const auto verdict : {Verdict::kUnreached, Verdict::kFailed}) {
    World world;
    world.tier().backend(1, 2).cold_start(false);
    Attempts tried;
    for (std::size_t i : {0U, 1U}) {
      EXPECT_FALSE(world.pick(tried).none.cold);
      world.fail(i, verdict);
      tried.add(static_cast<std::uint32_t>(i), Block::kError);
    }
    const bool nobody = verdict == Verdict::kUnreached;
    EXPECT_EQ(world.pick(tried).none.cold.has_value(), nobody);
    EXPECT_EQ(world.pick(tried).none.reason, Block::kError);
    world.fail(0, verdict, 1);
    world.fail(1, verdict, 1);
    EXPECT_EQ(world.pick().none.cold.has_value(), nobody) << "breakers opened by it say the same";
    world.fail(1, Verdict::kOk);
    EXPECT_FALSE(world.pick(tried).none.cold) << "somebody is there again";
  }
}

TEST(Picker, NothingIsWaitedForThatMayNotBeUsed) {
  World world;
  world.tier().backend(0, 0).cold_start(true).backend(1, 0);
  EXPECT_FALSE(world.pick().none.cold) << "weight 0, or no rule";
}

TEST(Picker, OpeningsAreThoseOfTheTierThatWouldBeUsed) {
  World world;
  world.tier().backend(1, 3).tier().backend(1, 1);
  world.facts(2).draining = true;
  for (int i = 0; i < 3; ++i) {
    (void)world.state(0).begin(kNow, 1);
  }
  EXPECT_EQ(world.openings(2).endpoints, 2U);
  EXPECT_EQ(world.openings(2).places, 2U) << "three in flight are more than enough";
  EXPECT_EQ(world.openings(5).places, 7U);
  world.throttle(0, 3s);
  world.throttle(1, 7s);
  EXPECT_EQ(world.openings(5).endpoints, 1U) << "the lower tier's";
  world.throttle(3, 9s);
  const Openings none = world.openings(5);
  EXPECT_EQ(none.endpoints, 0U);
  EXPECT_EQ(none.wait, 3s);
}

TEST(Picker, PreferredFollowsWeightsOfTheFirstTier) {
  World world;
  world.tier().backend(3, 0).backend(1, 1).backend(0, 1).tier().backend(100, 1);
  std::map<std::uint32_t, int> got;
  for (int i = 0; i < 10'000; ++i) {
    ++got[world.preferred()];
  }
  EXPECT_EQ(got.size(), 2U);
  EXPECT_NEAR(got[0], 7'500, 200);
  EXPECT_NEAR(got[1], 2'500, 200);
}

}  // namespace
}  // namespace penstock::routing
