#include "scaling/policy.h"

#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

#include "scaling/constants.h"
#include "tests/unit/scaling/world.h"

namespace penstock::scaling {
namespace {

using namespace std::chrono_literals;
using testing_support::settings_for;
using testing_support::World;
using testing_support::WorldOptions;

TEST(Policy, MoreDemandIsAnsweredAtOnce) {
  const WorldOptions options{.calls_per_second = 5, .replicas = 2, .noise = false};
  World world(options, settings_for(options, 1, 50));
  world.run(120);
  const std::int32_t before = world.replicas();
  world.set_rate(50);
  Decision grown;
  int seconds = 0;
  for (; seconds < 60 && grown.reason != Reason::kDemandGrew; ++seconds) {
    grown = world.step();
  }
  EXPECT_LE(seconds, 2) << "a tenfold step must not wait for longer windows";
  EXPECT_GT(grown.to, before);
  EXPECT_EQ(grown.from, before);
  world.run(300);
  EXPECT_GT(world.token_seconds(), 0.1) << "until the pods are there it cannot hold";
  world.run(600);
  EXPECT_LE(world.token_seconds(), 0.1);
}

TEST(Policy, AStepSoonAfterTheFirstCallsIsAnsweredAtOnceToo) {
  const WorldOptions options{.calls_per_second = 2, .replicas = 1, .noise = false};
  World world(options, settings_for(options, 1, 50));
  world.run(20);
  world.set_rate(30);
  world.run(1);
  EXPECT_EQ(world.step().reason, Reason::kDemandGrew);
}

TEST(Policy, PodsThatStartAreNotAskedForTwice) {
  const WorldOptions options{
      .calls_per_second = 5, .cold_start_seconds = 240, .replicas = 2, .noise = false};
  World world(options, settings_for(options, 1, 100));
  world.run(120);
  world.set_rate(40);
  world.run(100);
  const std::int32_t asked = world.replicas();
  ASSERT_GT(asked, world.ready());
  std::int32_t most = asked;
  world.run(130, [&](const Decision& d) { most = std::max(most, d.to); });
  EXPECT_EQ(most, asked) << "nothing more while they start";
  world.run(120, [&](const Decision& d) { EXPECT_GE(d.to, asked) << explain(d); });
}

TEST(Policy, ShrinksToTheMostWantedWithinTheWindow) {
  const WorldOptions options{.calls_per_second = 40, .replicas = 8, .noise = false};
  World world(options, settings_for(options, 1, 50));
  world.run(900);
  const std::int32_t before = world.replicas();
  world.set_rate(5);
  std::optional<SteadyTime> first_less;
  const SteadyTime fell = world.now();
  world.run(800, [&](const Decision& d) {
    if (d.to < before && !first_less) {
      first_less = d.time;
      EXPECT_EQ(d.reason, Reason::kDemandFell);
    }
  });
  ASSERT_TRUE(first_less);
  EXPECT_GE(*first_less - fell, 300s);
  EXPECT_LE(*first_less - fell, 400s);
  EXPECT_LT(world.replicas(), before / 2);
}

TEST(Policy, StepsStayWithinTheirLimitsPerMinute) {
  const WorldOptions options{.calls_per_second = 5, .replicas = 1, .noise = false};
  Settings settings = settings_for(options, 1, 50);
  settings.scale_up_limit = 3;
  settings.scale_down_limit = 2;
  settings.stabilization = 60s;
  World world(options, settings);
  world.run(90);
  world.set_rate(60);
  std::vector<std::pair<SteadyTime, std::int32_t>> changes;
  const auto note = [&](const Decision& d) {
    if (d.to != d.from) {
      changes.emplace_back(d.time, d.to - d.from);
    }
  };
  world.run(400, note);
  world.set_rate(2);
  world.run(900, note);
  ASSERT_GE(changes.size(), 4U);
  for (const auto& [time, delta] : changes) {
    std::int32_t up = 0;
    std::int32_t down = 0;
    for (const auto& [other, change] : changes) {
      if (other <= time && other > time - 60s) {
        up += std::max(change, 0);
        down += std::max(-change, 0);
      }
    }
    EXPECT_LE(up, 3);
    EXPECT_LE(down, 2);
  }
  EXPECT_LE(world.replicas(), 2);
}

TEST(Policy, SleepsAfterIdlenessAndWakesForTheFirstCall) {
  const WorldOptions options{.calls_per_second = 3, .replicas = 1, .noise = false};
  World world(options, settings_for(options, 0, 10));
  world.run(120);
  world.set_rate(0);
  const SteadyTime quiet = world.now();
  std::optional<SteadyTime> asleep;
  world.run(500, [&](const Decision& d) {
    if (d.to == 0 && !asleep) {
      asleep = d.time;
      EXPECT_EQ(d.reason, Reason::kIdle);
    }
  });
  ASSERT_TRUE(asleep);
  EXPECT_GE(*asleep - quiet, 300s);
  EXPECT_EQ(world.replicas(), 0);
  world.run(120, [](const Decision& d) { EXPECT_EQ(d.to, 0); });
  world.set_rate(3);
  const Decision woken = world.step();
  EXPECT_EQ(woken.reason, Reason::kWoken);
  EXPECT_GE(woken.to, 1);
  // It must not go back to sleep while its callers wait for a slow start.
  world.run(200, [](const Decision& d) { EXPECT_GE(d.to, 1); });
}

TEST(Policy, WakesAsLargeAsTheWaitingDemand) {
  const WorldOptions options{.calls_per_second = 0, .replicas = 0, .noise = false};
  World world(options, settings_for(options, 0, 20));
  world.run(60);
  ASSERT_EQ(world.replicas(), 0);
  world.set_rate(60);
  world.run(15);
  EXPECT_GE(world.replicas(), 5);
}

TEST(Policy, AsleepWithAnEmptyStateStaysAsleepWithoutCalls) {
  const WorldOptions options{.calls_per_second = 0, .replicas = 0, .noise = false};
  World world(options, settings_for(options, 0, 20));
  world.run(600, [](const Decision& d) { EXPECT_EQ(d.to, 0) << explain(d); });
}

TEST(Policy, FloorsAndCeilingsHoldAtOnce) {
  const WorldOptions options{.calls_per_second = 1, .replicas = 3, .noise = false};
  World world(options, settings_for(options, 1, 50));
  world.run(10);
  world.settings.min_replicas = 6;
  world.settings.scale_up_limit = 1;
  Decision d = world.step();
  EXPECT_EQ(d.to, 6);
  EXPECT_EQ(d.reason, Reason::kBelowMinimum);
  world.run(90);
  EXPECT_EQ(world.step().block, Block::kMinReplicas) << "fewer would do, but that is the floor";
  world.settings.min_replicas = 1;
  world.settings.max_replicas = 2;
  d = world.step();
  EXPECT_EQ(d.to, 2);
  EXPECT_EQ(d.reason, Reason::kAboveMaximum);
}

TEST(Policy, AFixedNumberIsRespectedAndReported) {
  const WorldOptions options{.calls_per_second = 40, .replicas = 3, .noise = false};
  World world(options, settings_for(options, 1, 4));
  world.spoil = [](World::View& view) { view.fixed = 7; };
  const Decision d = world.step();
  EXPECT_EQ(d.to, 7) << "also beyond maxReplicas: somebody asked for it";
  EXPECT_EQ(d.reason, Reason::kFixedReplicas);
  world.run(60, [](const Decision& later) { EXPECT_EQ(later.to, 7); });
  // Handing back must not shrink at once.
  world.settings.max_replicas = 50;
  world.spoil = [](World::View&) {};
  world.set_rate(1);
  world.run(200, [](const Decision& later) { EXPECT_GE(later.to, 7) << explain(later); });
}

TEST(Policy, AnotherWriterIsReportedOnceAndThenLivedWith) {
  const WorldOptions options{.calls_per_second = 5, .replicas = 2, .noise = false};
  World world(options, settings_for(options, 1, 50));
  world.run(120, [](const Decision& d) { EXPECT_FALSE(d.changed_elsewhere); });
  world.scale_to(9);
  const Decision d = world.step();
  EXPECT_TRUE(d.changed_elsewhere);
  EXPECT_EQ(d.from, 9);
  EXPECT_NE(explain(d).find("somebody else"), std::string::npos);
  EXPECT_FALSE(world.step().changed_elsewhere);
}

TEST(Policy, ADecisionThatWasNotDoneDoesNotCountAgainstTheLimits) {
  const WorldOptions options{.calls_per_second = 60, .replicas = 1, .noise = false};
  Settings settings = settings_for(options, 1, 50);
  settings.scale_up_limit = 2;
  World world(options, settings);
  Decision d;
  while (!d.acts()) {
    d = world.step();
  }
  for (int i = 0; i < 10; ++i) {
    world.scale_to(1);  // the write failed
    d = world.step();
    EXPECT_EQ(d.to, 3) << i;
  }
  d = world.step();  // now it was done
  EXPECT_EQ(d.from, 3);
  EXPECT_EQ(d.to, 3) << "two a minute";
}

TEST(Policy, ADryRunDecidesAsIfItActed) {
  const WorldOptions options{.calls_per_second = 50, .replicas = 1, .noise = false};
  Settings settings = settings_for(options, 1, 50);
  settings.scale_up_limit = 2;
  World real(options, settings);
  settings.dry_run = true;
  World world(options, settings);
  for (int second = 0; second < 20; ++second) {  // before a pod that really started takes calls
    EXPECT_EQ(world.step().to, real.step().to) << second;
  }
  EXPECT_EQ(world.recommended(), 3) << "two a minute";
  int changes = 0;
  world.run(600, [&](const Decision& d) {
    EXPECT_FALSE(d.acts());
    EXPECT_FALSE(d.changed_elsewhere);
    changes += d.changes() ? 1 : 0;
  });
  EXPECT_EQ(world.replicas(), 1);
  EXPECT_GE(world.recommended(), 5);
  EXPECT_LE(changes, 10) << "each once, not at each tick";
  world.set_rate(0);
  world.run(1'500);
  EXPECT_LT(world.recommended(), 5);
  EXPECT_EQ(world.replicas(), 1);
}

TEST(Policy, AFixedTargetCountsTokens) {
  const WorldOptions options{.calls_per_second = 10, .replicas = 1, .noise = false};
  Settings settings = settings_for(options, 1, 50);
  settings.fixed_tokens_per_second = 3'300;  // 10 × (1000 + 200) tokens/s, 80 % aimed for: 4.5
  World world(options, settings);
  world.run(600);
  EXPECT_EQ(world.replicas(), 5);
}

TEST(Policy, EnginesThatQueueAreBelievedOverTheModel) {
  const WorldOptions options{.calls_per_second = 5, .replicas = 2, .noise = false};
  World world(options, settings_for(options, 2, 50));
  world.run(90);
  const std::int32_t before = world.replicas();
  world.spoil = [](World::View& view) {
    for (PodReport& pod : view.pods) {
      pod.engine.waiting = 1;  // few enough that the calls alone would not ask for more
    }
  };
  Decision first;
  world.run(60, [&](const Decision& d) {
    if (d.reason == Reason::kEnginesSaturated && first.to == 0) {
      first = d;
    }
  });
  EXPECT_EQ(first.to, before + 1);
  EXPECT_LE(world.replicas(), before + 1) << "one step, then wait for the pod to help";
  world.run(300);
  EXPECT_GT(world.replicas(), before + 1);
}

TEST(Policy, WithoutGatewaysItHoldsAndGrowsOnlyByWhatEnginesServe) {
  const WorldOptions options{.calls_per_second = 5, .replicas = 4, .noise = false};
  World world(options, settings_for(options, 1, 50));
  world.run(30);
  world.spoil = [](World::View& view) { view.gateways[0].fault = Fault::kUnreachable; };
  world.run(900, [](const Decision& d) {
    EXPECT_GE(d.to, 4);
    EXPECT_EQ(d.fault, Fault::kUnreachable);
  });
  EXPECT_EQ(world.replicas(), 4);
  EXPECT_EQ(world.step().reason, Reason::kSignalsUnavailable);
  world.set_rate(70);
  world.run(300);
  EXPECT_GT(world.replicas(), 4);
}

TEST(Policy, AGatewayThatTellsTooLittleIsCaughtByTheEngines) {
  const WorldOptions options{.calls_per_second = 40, .replicas = 6, .noise = false};
  World honest(options, settings_for(options, 1, 50));
  World lied_to(options, settings_for(options, 1, 50));
  static const DemandSample kNothing{.start = {}, .span = 1ms};
  lied_to.spoil = [](World::View& view) { view.gateways[0].news = {&kNothing, 1}; };
  honest.run(1'200);
  lied_to.run(1'200);
  EXPECT_GE(lied_to.replicas(), honest.replicas() - 1);
}

TEST(Policy, ForecastsOnlyWhereStartsAreSlow) {
  for (const bool slow : {false, true}) {
    WorldOptions options{.calls_per_second = 10,
                         .cold_start_seconds = slow ? 400 : 100,
                         .replicas = 3,
                         .noise = false};
    World world(options, settings_for(options, 1, 200));
    world.scale_to(4);
    world.run(600);
    bool expected = false;
    for (int i = 0; i < 3'000; ++i) {
      world.set_rate(10 + i * 0.02);
      const Decision d = world.step();
      expected |= d.rule == Rule::kForecast;
    }
    EXPECT_EQ(expected, slow);
    EXPECT_EQ(world.state().cold_starts.median() > kForecastAbove, slow);
  }
}

TEST(Policy, SlowStartsGetRoomForALoadThatJumps) {
  std::int32_t replicas[2] = {};
  for (const bool jumps : {false, true}) {
    const WorldOptions options{
        .calls_per_second = 40, .cold_start_seconds = 600, .replicas = 6, .noise = false};
    World world(options, settings_for(options, 1, 200));
    for (int s = 0; s < 6 * 3'600; ++s) {
      if (s % 60 == 0) {
        world.set_rate(jumps && s % 7'200 < 1'800 ? 80 : 40);
      }
      world.step();
    }
    world.set_rate(40);
    world.run(2'400);  // the last jump is over and its replicas are gone
    replicas[jumps ? 1 : 0] = world.replicas();
  }
  EXPECT_GT(replicas[1], replicas[0]);
}

TEST(Policy, ALongPauseCountsTheRunningNumberAsWanted) {
  const WorldOptions options{.calls_per_second = 40, .replicas = 8, .noise = false};
  World world(options, settings_for(options, 1, 50));
  world.run(400);
  const std::int32_t before = world.replicas();
  State state = world.state();
  const SteadyTime later = world.now() + 1h;
  const PodReport pod{.id = 77, .facts = {.created = later - 2h, .ready_since = later - 1h}};
  std::vector<PodReport> pods(static_cast<std::size_t>(before), pod);
  for (std::size_t i = 0; i < pods.size(); ++i) {
    pods[i].id = 77 + i;
  }
  for (int s = 0; s < 290; ++s) {
    const SteadyTime now = later + std::chrono::seconds(s);
    const GatewayReport gateway{.id = 1, .through = now};
    for (PodReport& one : pods) {
      one.engine = {.fault = Fault::kNone, .scraped = now, .generation_tokens = 0, .running = 0};
    }
    const Decision d =
        tick(world.settings, state,
             {.now = now, .replicas = before, .gateways = {&gateway, 1}, .pods = pods});
    EXPECT_EQ(d.to, before) << s << " s: " << explain(d);
  }
}

}  // namespace
}  // namespace penstock::scaling
