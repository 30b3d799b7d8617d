#include "controller/autoscaler/scaler.h"

#include <gtest/gtest.h>

#include "controller/autoscaler/reasons.h"
#include "scaling_given.h"

namespace penstock::controller::autoscaler {
namespace {

constexpr const char* kOneToEight = "{minReplicas: 1, maxReplicas: 8}";
constexpr const char* kMaySleep =
    "{minReplicas: 0, maxReplicas: 4, behavior: {scaleDownStabilization: 10s, sleepAfter: 30s}}";

std::vector<std::string> reasons_of(const Step& step) {
  std::vector<std::string> out;
  for (const auto& item : step.news) {
    out.push_back(item.reason);
  }
  return out;
}

TEST(Scaler, TakesOverWhatRuns) {
  World world;
  const auto asked = asked_of(kOneToEight);
  EXPECT_EQ(world.scaler({}, 5, asked).desired(), 5);
  EXPECT_EQ(world.scaler({}, std::nullopt, asked).desired(), 1);
  EXPECT_EQ(world.scaler({}, std::nullopt, asked_of(kMaySleep)).desired(), 0);
  EXPECT_EQ(world.scaler({}, 1, asked_of(kOneToEight, ", replicas: 3")).desired(), 3);
  crd::model_deployment::Status status;
  status.desired_replicas = 7;
  EXPECT_EQ(world.scaler(status, 5, asked).desired(), 7) << "what was decided, not what runs yet";
}

TEST(Scaler, TheFirstTickSaysTheNumber) {
  World world;
  const auto asked = asked_of(kOneToEight);
  auto scaler = world.scaler({}, 1, asked);
  const auto step = world.tick(scaler, asked);
  EXPECT_TRUE(step.changed);
  EXPECT_TRUE(step.news.empty());
  EXPECT_EQ(scaler.said().desired, 1);
  ASSERT_TRUE(scaler.said().condition);
  EXPECT_EQ(scaler.said().condition->reason, kActive);
  EXPECT_TRUE(scaler.said().decisions.empty());
}

TEST(Scaler, SilenceAndConstantLoadWriteNothing) {
  for (const double calls : {0.0, 2.0}) {
    World world;
    world.calls_per_second = calls;
    world.running = calls;
    world.generated_per_second = calls * 50;
    const auto asked = asked_of(kOneToEight);
    auto scaler = world.scaler({}, 1, asked);
    world.ticks_until(scaler, asked, 720, [](const Step&) { return false; });  // means settle
    int writes = 0;
    world.ticks_until(scaler, asked, 600, [&](const Step& step) {
      writes += step.changed ? 1 : 0;
      return false;
    });
    EXPECT_EQ(writes, 0) << calls << " calls/s";
  }
}

TEST(Scaler, GrowsWithTheLoadAndSaysWhy) {
  World world;
  const auto asked = asked_of(kOneToEight);
  auto scaler = world.scaler({}, 1, asked);
  world.tick(scaler, asked);
  world.calls_per_second = 200;
  Step acted;
  const int ticks = world.ticks_until(scaler, asked, 10, [&](Step step) {
    acted = std::move(step);
    return acted.decision.acts();
  });
  EXPECT_LE(ticks, 5);
  EXPECT_TRUE(acted.changed);
  EXPECT_EQ(reasons_of(acted), std::vector<std::string>{std::string(kScaledUp)});
  EXPECT_GT(scaler.desired(), 1);
  ASSERT_EQ(scaler.said().decisions.size(), 1U);
  const auto& entry = scaler.said().decisions[0];
  EXPECT_EQ(entry.from, 1);
  EXPECT_EQ(entry.to, scaler.desired());
  EXPECT_LE(entry.reason.size(), 256U);
  EXPECT_GT(entry.signals.at("calls"), 0);
  EXPECT_LE(entry.signals.size(), 32U);
}

TEST(Scaler, KeepsTenDecisionsNewestFirst) {
  World world;
  auto asked = asked_of(kOneToEight, ", replicas: 1");
  auto scaler = world.scaler({}, 1, asked);
  for (int replicas = 2; replicas <= 14; ++replicas) {
    asked.fixed = replicas;
    world.tick(scaler, asked);
  }
  ASSERT_EQ(scaler.said().decisions.size(), kDecisionsKept);
  EXPECT_EQ(scaler.said().decisions.front().to, 14);
  EXPECT_EQ(scaler.said().decisions.back().to, 5);
}

TEST(Scaler, AnExternalWriterIsFollowedAndReportedOnce) {
  World world;
  auto asked = asked_of(kOneToEight);
  auto scaler = world.scaler({}, 2, asked);
  world.ready = 2;
  world.tick(scaler, asked);
  asked.fixed = 5;
  const auto step = world.tick(scaler, asked);
  EXPECT_EQ(scaler.desired(), 5);
  EXPECT_EQ(scaler.said().condition->reason, kFixedReplicas);
  EXPECT_EQ(scaler.said().condition->status, "False");
  EXPECT_EQ(reasons_of(step),
            (std::vector<std::string>{std::string(kScaledUp), std::string(kFixedReplicas)}));
  const auto again = world.tick(scaler, asked);
  EXPECT_FALSE(again.changed);
  EXPECT_TRUE(again.news.empty());
  asked.fixed.reset();
  world.ready = 5;
  world.tick(scaler, asked);
  EXPECT_EQ(scaler.desired(), 5) << "handed back with what runs";
  EXPECT_EQ(scaler.said().condition->reason, kActive);
}

TEST(Scaler, MissingMetricsNeverScaleInAndWarnOnce) {
  World world;
  world.ready = 4;
  const auto asked =
      asked_of("{minReplicas: 1, maxReplicas: 8, behavior: {scaleDownStabilization: 5s}}");
  auto scaler = world.scaler({}, 4, asked);
  world.engines_answer = false;
  world.gateway_speaks = false;
  std::vector<std::string> told;
  world.ticks_until(scaler, asked, 900, [&](const Step& step) {
    EXPECT_GE(step.decision.to, 4);
    for (const auto& item : step.news) {
      EXPECT_TRUE(item.warning);
      told.push_back(item.reason);
    }
    return false;
  });
  EXPECT_EQ(told, std::vector<std::string>{std::string(kMetricsUnavailable)});
  EXPECT_EQ(scaler.said().condition->reason, kMetricsUnavailable);
  EXPECT_NE(scaler.said().condition->message.find("gateway-0"), std::string::npos)
      << scaler.said().condition->message;
}

TEST(Scaler, ASilenceOfChangingKindsIsSaidToo) {
  World world;
  const auto asked = asked_of(kOneToEight);
  auto scaler = world.scaler({}, 1, asked);
  world.tick(scaler, asked);
  for (int i = 0; i < 40; ++i) {
    world.engines_answer = false;
    world.engine_fault = i % 2 == 0 ? scaling::Fault::kUnreachable : scaling::Fault::kUnparsable;
    world.tick(scaler, asked);
  }
  EXPECT_EQ(scaler.said().condition->reason, kMetricsUnavailable);
}

TEST(Scaler, AMomentOfSilenceIsNotSaid) {
  World world;
  const auto asked = asked_of(kOneToEight);
  auto scaler = world.scaler({}, 1, asked);
  world.ticks_until(scaler, asked, 60, [](const Step&) { return false; });
  world.gateway_speaks = false;
  world.ticks_until(scaler, asked, 5, [](const Step&) { return false; });
  world.gateway_speaks = true;
  world.ticks_until(scaler, asked, 60, [](const Step& step) {
    EXPECT_FALSE(step.changed);
    return false;
  });
  EXPECT_EQ(scaler.said().condition->reason, kActive);
}

TEST(Scaler, SleepsAndIsWoken) {
  World world;
  const auto asked = asked_of(kMaySleep);
  auto scaler = world.scaler({}, 1, asked);
  Step acted;
  const auto acts = [&](Step step) {
    acted = std::move(step);
    return acted.decision.acts();
  };
  EXPECT_LE(world.ticks_until(scaler, asked, 120, acts), 90);
  EXPECT_EQ(scaler.desired(), 0);
  EXPECT_EQ(reasons_of(acted), std::vector<std::string>{std::string(kScaledToZero)});
  EXPECT_EQ(scaler.said().condition->reason, kAsleep);
  EXPECT_EQ(scaler.said().condition->status, "True");
  world.ready = 0;
  world.ticks_until(scaler, asked, 100, [](const Step& step) {
    EXPECT_FALSE(step.changed && step.decision.acts());
    return false;
  });
  world.waiting_for_start = 1;
  EXPECT_EQ(world.ticks_until(scaler, asked, 3, acts), 1);
  EXPECT_EQ(scaler.desired(), 1);
  EXPECT_EQ(reasons_of(acted), std::vector<std::string>{std::string(kWoken)});
}

TEST(Scaler, ANewLeaderGoesOnWhereTheOldOneWas) {
  World world;
  world.ready = 1;
  const auto asked = asked_of(
      "{minReplicas: 1, maxReplicas: 8, behavior: {scaleUpLimit: 2, "
      "scaleDownStabilization: 0s}}");
  auto scaler = world.scaler({}, 1, asked);
  world.tick(scaler, asked);
  world.calls_per_second = 500;
  ASSERT_LE(
      world.ticks_until(scaler, asked, 10, [](const Step& step) { return step.decision.acts(); }),
      10);
  ASSERT_EQ(scaler.desired(), 3);
  const auto status = status_of(scaler);
  EXPECT_EQ(said_in(status), scaler.said()) << "what is read back is what was said";

  // Killed in mid-scale, and nothing is known of the load any more.
  world.calls_per_second = 0;
  auto next = world.scaler(status, 1, asked);
  EXPECT_EQ(next.desired(), 3);
  world.starting = 2;
  for (int i = 0; i < 40; ++i) {
    const auto step = world.tick(next, asked);
    EXPECT_GE(step.decision.to, 3) << "second " << i;
  }
}

TEST(Scaler, LimitsPerMinuteSurviveARestart) {
  World world;
  const auto asked = asked_of("{minReplicas: 1, maxReplicas: 8, behavior: {scaleUpLimit: 2}}");
  auto scaler = world.scaler({}, 1, asked);
  world.tick(scaler, asked);
  world.calls_per_second = 500;
  world.ticks_until(scaler, asked, 10, [](const Step& step) { return step.decision.acts(); });
  ASSERT_EQ(scaler.desired(), 3);
  for (const bool remembers : {true, false}) {
    auto status = status_of(scaler);
    if (!remembers) {
      status.throughput.reset();
    }
    World after = world;
    auto next = after.scaler(status, 3, asked);
    for (int i = 0; i < 20; ++i) {
      after.tick(next, asked);
    }
    EXPECT_EQ(next.desired(), 3) << (remembers ? "by its memory" : "by its decisions");
  }
}

TEST(Scaler, ADamagedMemoryIsLearnedAnew) {
  World world;
  const auto asked = asked_of(kOneToEight);
  crd::model_deployment::Status status;
  status.desired_replicas = 2;
  status.throughput.emplace();
  status.throughput->observed_at = world.wall_now;
  status.throughput->memory = "scaling/999 nonsense";
  auto scaler = world.scaler(status, 2, asked);
  world.ready = 2;
  const auto step = world.tick(scaler, asked);
  EXPECT_EQ(step.decision.to, 2);
}

TEST(Scaler, AnEditOfTheSpecIsAnsweredAtOnce) {
  World world;
  auto asked = asked_of(kOneToEight);
  auto scaler = world.scaler({}, 1, asked);
  world.tick(scaler, asked);
  asked = asked_of("{minReplicas: 1, maxReplicas: 9}");
  asked.generation = 4;
  EXPECT_TRUE(world.tick(scaler, asked).changed);
  EXPECT_EQ(scaler.said().condition->observed_generation, 4);
  EXPECT_NE(scaler.said().condition->message.find("9"), std::string::npos);
  asked = asked_of("{minReplicas: 3, maxReplicas: 9}");
  asked.generation = 5;
  EXPECT_EQ(world.tick(scaler, asked).decision.to, 3);
}

TEST(Scaler, ThroughputIsWrittenWhenItMoves) {
  World world;
  const auto asked = asked_of(kOneToEight);
  auto scaler = world.scaler({}, 1, asked);
  world.ticks_until(scaler, asked, 60, [](const Step&) { return false; });
  world.generated_per_second = 400;
  world.running = 8;
  world.calls_per_second = 1;
  int writes = 0;
  world.ticks_until(scaler, asked, 240, [&](const Step& step) {
    writes += step.changed && !step.decision.acts() ? 1 : 0;
    return false;
  });
  EXPECT_GE(writes, 1);
  EXPECT_LE(writes, 8);
  EXPECT_GT(scaler.said().throughput->tokens_per_second.value_or(0), 300);
  EXPECT_TRUE(scaler.said().throughput->memory);
}

constexpr const char* kDry = "{minReplicas: 1, maxReplicas: 8, dryRun: true}";
constexpr const char* kDryMaySleep =
    "{minReplicas: 0, maxReplicas: 4, dryRun: true, behavior: {scaleDownStabilization: 10s, "
    "sleepAfter: 30s}}";

TEST(DryRun, TellsEachDecisionOnceAndChangesNothing) {
  World world;
  const auto asked = asked_of(kDry);
  auto scaler = world.scaler({}, 1, asked);
  world.tick(scaler, asked);
  EXPECT_EQ(scaler.said().condition->reason, kDryRun);
  EXPECT_EQ(scaler.said().condition->status, "False");
  EXPECT_EQ(scaler.recommended(), 1);
  world.calls_per_second = 200;
  std::size_t told = 0;
  world.ticks_until(scaler, asked, 300, [&](const Step& step) {
    EXPECT_FALSE(step.decision.acts());
    for (const auto& item : step.news) {
      EXPECT_FALSE(item.warning);
      EXPECT_EQ(item.reason, kRecommended);
      ++told;
    }
    return false;
  });
  EXPECT_EQ(scaler.desired(), 1);
  EXPECT_EQ(scaler.recommended(), 8);
  const auto& decisions = scaler.said().decisions;
  ASSERT_EQ(decisions.size(), told);
  EXPECT_EQ(decisions.back().from, 1);
  EXPECT_EQ(decisions.front().to, 8);
  EXPECT_EQ(decisions.front().dry_run, true);
  EXPECT_EQ(said_in(status_of(scaler)), scaler.said());
  int writes = 0;
  world.ticks_until(scaler, asked, 300, [&](const Step& step) {
    writes += step.changed ? 1 : 0;
    return false;
  });
  EXPECT_EQ(writes, 0) << "constant load";
  EXPECT_NE(scaler.said().condition->message.find("scaling.maxReplicas (8)"), std::string::npos)
      << "what would be warned about is said: " << scaler.said().condition->message;
}

TEST(DryRun, SilenceWritesNothing) {
  World world;
  const auto asked = asked_of(kDryMaySleep);
  auto scaler = world.scaler({}, 1, asked);
  world.ticks_until(scaler, asked, 120, [](const Step&) { return false; });
  EXPECT_EQ(scaler.recommended(), 0);
  EXPECT_EQ(scaler.desired(), 1);
  world.ticks_until(scaler, asked, 600, [](const Step& step) {
    EXPECT_FALSE(step.changed);
    return false;
  });
  world.calls_per_second = 1;
  world.ticks_until(scaler, asked, 3, [](const Step& step) { return step.changed; });
  EXPECT_EQ(scaler.recommended(), 1) << scaler.said().decisions.front().reason;
}

TEST(DryRun, NothingSleepsInIt) {
  World world;
  world.ready = 0;
  const auto asked = asked_of(kDryMaySleep);
  EXPECT_EQ(world.scaler({}, std::nullopt, asked).desired(), 1);
  crd::model_deployment::Status asleep;
  asleep.desired_replicas = 0;
  auto scaler = world.scaler(asleep, 0, asked);
  const auto step = world.tick(scaler, asked);
  EXPECT_EQ(scaler.desired(), 1);
  EXPECT_EQ(scaler.recommended(), 0) << "it would go on sleeping";
  EXPECT_EQ(reasons_of(step), std::vector<std::string>{std::string(kScaledUp)});
  EXPECT_FALSE(scaler.said().decisions.front().dry_run.has_value());
}

TEST(DryRun, ItsEndAppliesTheRecommendationWithinTheLimits) {
  World world;
  auto asked = asked_of(kDry);
  auto scaler = world.scaler({}, 1, asked);
  world.calls_per_second = 200;
  world.ticks_until(scaler, asked, 200, [](const Step&) { return false; });
  ASSERT_EQ(scaler.recommended(), 8);
  asked = asked_of(kOneToEight);
  asked.generation = 4;
  const auto step = world.tick(scaler, asked);
  EXPECT_EQ(step.decision.from, 1);
  EXPECT_FALSE(step.decision.changed_elsewhere);
  EXPECT_EQ(scaler.desired(), 5) << "four a minute, and none of them used up by the dry run";
  EXPECT_EQ(scaler.recommended(), std::nullopt);
  EXPECT_EQ(scaler.said().condition->reason, kActive);
}

TEST(DryRun, GoesOnAfterARestart) {
  World world;
  const auto asked = asked_of(kDry);
  auto scaler = world.scaler({}, 1, asked);
  world.tick(scaler, asked);
  world.calls_per_second = 200;
  world.ticks_until(scaler, asked, 20, [](const Step& step) { return step.decision.changes(); });
  ASSERT_EQ(scaler.recommended(), 5);
  for (const bool remembers : {true, false}) {
    auto status = status_of(scaler);
    if (!remembers) {
      status.throughput.reset();
    }
    World after = world;
    auto next = after.scaler(status, 1, asked);
    after.ticks_until(next, asked, 20, [](const Step&) { return false; });
    EXPECT_EQ(next.desired(), 1);
    EXPECT_EQ(next.recommended(), 5) << "four a minute, " << remembers;
    // And a dry run that ends while no controller runs.
    auto real = after.scaler(status, 1, asked_of(kOneToEight));
    after.ticks_until(real, asked_of(kOneToEight), 20, [](const Step&) { return false; });
    EXPECT_EQ(real.desired(), 5) << remembers;
    EXPECT_EQ(real.recommended(), std::nullopt);
  }
}

TEST(DryRun, BesideAnotherWriterBothAreTold) {
  World world;
  auto asked = asked_of(kDry, ", replicas: 3");
  auto scaler = world.scaler({}, 1, asked);
  world.tick(scaler, asked);
  EXPECT_EQ(scaler.desired(), 3);
  EXPECT_EQ(scaler.recommended(), 3);
  EXPECT_EQ(scaler.said().condition->reason, kDryRun);
  EXPECT_NE(scaler.said().condition->message.find("spec.replicas (3)"), std::string::npos);
  world.calls_per_second = 200;
  asked.fixed = 0;
  world.ticks_until(scaler, asked, 60, [](const Step&) { return false; });
  EXPECT_EQ(scaler.desired(), 0) << "somebody else's word";
  EXPECT_GT(scaler.recommended(), 3);
}

}  // namespace
}  // namespace penstock::controller::autoscaler
