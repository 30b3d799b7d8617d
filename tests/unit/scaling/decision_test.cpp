#include "scaling/decision.h"

#include <set>

#include <gtest/gtest.h>

namespace penstock::scaling {
namespace {

using namespace std::chrono_literals;

Decision grown() {
  Decision d;
  d.time = SteadyTime{100s};
  d.from = 3;
  d.to = 5;
  d.wanted = 5;
  d.reason = Reason::kDemandGrew;
  d.rule = Rule::kTokenTime;
  d.readings.work = 2.914;
  d.readings.allowed_share = 0.85;
  return d;
}

TEST(Decision, OneSentenceSaysTheChangeItsCauseAndWhatHoldsIt) {
  Decision d = grown();
  EXPECT_EQ(explain(d),
            "3 → 5 replicas: 2.91 engine-seconds of work arrive per second and the time per output "
            "token allows 0.85 of a replica's");
  d.wanted = 9;
  d.block = Block::kScaleUpLimit;
  d.blocked_until = d.time + 42s;
  d.readings.starting = 2;
  d.pending = Pending::kNodeProvisioning;
  EXPECT_EQ(
      explain(d),
      "3 → 5 replicas: 2.91 engine-seconds of work arrive per second and the time per output "
      "token allows 0.85 of a replica's; 9 wanted, scaleUpLimit for 42 s; 2 starting (waiting "
      "for a node that is being provisioned)");
}

TEST(Decision, DataThatCannotBeUsedIsNamed) {
  Decision d;
  d.from = d.to = 1;
  d.reason = Reason::kSignalsUnavailable;
  d.block = Block::kUnusableData;
  d.fault = Fault::kStale;
  EXPECT_EQ(explain(d), "1 replica: held: data of an engine is stale");
  d.fault_at_gateway = true;
  EXPECT_EQ(explain(d), "1 replica: held: data of a gateway is stale");
}

TEST(Decision, EveryReasonRuleAndBlockCanBeSaid) {
  std::set<std::string> said;
  std::set<std::string_view> names;
  for (int reason = 0; reason <= static_cast<int>(Reason::kSignalsUnavailable); ++reason) {
    Decision d = grown();
    d.reason = static_cast<Reason>(reason);
    names.insert(name(d.reason));
    for (int rule = 0; rule <= static_cast<int>(Rule::kSaturated); ++rule) {
      for (int block = 0; block <= static_cast<int>(Block::kNotIdleLong); ++block) {
        d.rule = static_cast<Rule>(rule);
        d.block = static_cast<Block>(block);
        const std::string text = explain(d);
        EXPECT_LE(text.size(), 256U);
        EXPECT_GT(text.size(), 12U);
        said.insert(text);
      }
    }
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Reason::kSignalsUnavailable) + 1);
  EXPECT_FALSE(names.contains("Unknown"));
  EXPECT_GT(said.size(), 100U);
}

TEST(Decision, OnlyChangesAreNews) {
  const Decision steady = [] {
    Decision d = grown();
    d.to = d.from;
    d.reason = Reason::kSteady;
    return d;
  }();
  Decision later = steady;
  later.time += 1s;
  later.readings.work = 7;
  EXPECT_FALSE(is_news(steady, later));
  later.block = Block::kStabilization;  // comes and goes with noise
  EXPECT_FALSE(is_news(steady, later));
  later.block = Block::kMaxReplicas;
  EXPECT_TRUE(is_news(steady, later));
  EXPECT_FALSE(is_news(later, later));
  EXPECT_TRUE(is_news(steady, grown()));
  EXPECT_FALSE(is_news(grown(), steady)) << "that it is steady afterwards goes without saying";
  Decision fixed = steady;
  fixed.reason = Reason::kFixedReplicas;
  EXPECT_TRUE(is_news(steady, fixed));
  EXPECT_TRUE(is_news(fixed, steady));
  Decision dry = grown();
  dry.dry_run = true;
  EXPECT_TRUE(is_news(steady, dry));
  EXPECT_FALSE(dry.acts());
  EXPECT_NE(explain(dry).find("replicas in a dry run: "), std::string::npos) << explain(dry);
  Decision written = steady;
  written.changed_elsewhere = true;
  EXPECT_TRUE(is_news(steady, written));
  Decision blind = steady;
  blind.fault = Fault::kStale;
  EXPECT_TRUE(is_news(steady, blind));
}

TEST(Decision, ReadingsHaveDistinctNamesThatFitTheStatus) {
  std::set<std::string_view> names;
  std::size_t count = 0;
  for_each_reading(Readings{}, [&](std::string_view key, double) {
    names.insert(key);
    ++count;
  });
  EXPECT_EQ(names.size(), count);
  EXPECT_LE(count, 32U) << "maxProperties of status.lastScaling[].signals";
}

}  // namespace
}  // namespace penstock::scaling
