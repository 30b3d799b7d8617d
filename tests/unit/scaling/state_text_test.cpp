#include "scaling/state_text.h"

#include <gtest/gtest.h>

#include "tests/unit/scaling/property.h"
#include "tests/unit/scaling/world.h"

namespace penstock::scaling {
namespace {

using namespace std::chrono_literals;
using testing_support::settings_for;
using testing_support::World;
using testing_support::WorldOptions;

World lived_in() {
  const WorldOptions options{.calls_per_second = 8, .cold_start_seconds = 40, .replicas = 1};
  World world(options, settings_for(options, 1, 30));
  world.run(400);
  return world;
}

TEST(StateText, SavingWhatWasRestoredGivesTheSameText) {
  World world = lived_in();
  for (const Keep keep : {Keep::kLasting, Keep::kEverything}) {
    const std::string text = save(world.state(), world.now(), keep);
    const auto restored = restore(text, world.now(), 0ns);
    ASSERT_TRUE(restored) << restored.error().to_string();
    EXPECT_EQ(save(*restored, world.now(), keep), text);
  }
}

TEST(StateText, TheLastingPartIsSmallAndRemembersWhatWasLearnt) {
  World world = lived_in();
  const std::string text = save(world.state(), world.now(), Keep::kLasting);
  EXPECT_LT(text.size(), 2'500U);
  const auto restored = restore(text, world.now() + 1h, 10s);
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->capacity.times(), world.state().capacity.times());
  EXPECT_EQ(restored->capacity.confidence(), world.state().capacity.confidence());
  EXPECT_GT(restored->cold_starts.measured(), 0U);
  EXPECT_EQ(restored->cold_starts.median(), world.state().cold_starts.median());
  EXPECT_EQ(restored->last_tick, world.now() + 1h - 10s) << "on the new clock, aged by the pause";
}

TEST(StateText, AnotherClockWithOtherSecondsDecidesOnTheSameDemand) {
  World world = lived_in();
  const auto restored =
      restore(save(world.state(), world.now(), Keep::kEverything), SteadyTime{5s}, 0ns);
  ASSERT_TRUE(restored);
  const DemandSum before = world.state().demand.sum(world.now(), 60, SteadyTime{});
  const DemandSum after = restored->demand.sum(SteadyTime{5s}, 60, SteadyTime{-1'000s});
  EXPECT_EQ(before.calls, after.calls);
  EXPECT_GT(after.calls, 0);
}

TEST(StateText, DamagedTextIsRefused) {
  World world = lived_in();
  const std::string text = save(world.state(), world.now(), Keep::kEverything);
  EXPECT_FALSE(restore("", world.now(), 0ns));
  EXPECT_FALSE(restore("scaling/2 lasting 1", world.now(), 0ns));
  EXPECT_FALSE(restore(text + " 1", world.now(), 0ns));
  EXPECT_FALSE(restore(text.substr(0, text.size() / 2), world.now(), 0ns));
  std::string nan = text;
  nan.replace(nan.rfind(' '), std::string::npos, " nan");
  EXPECT_FALSE(restore(nan, world.now(), 0ns));
}

RC_GTEST_PROP(StateTextProperty, WhateverIsRestoredStaysWithinBounds, ()) {
  static World world = lived_in();
  static const std::string text = save(world.state(), world.now(), Keep::kEverything);
  std::string damaged = text;
  for (int i = *rc::gen::inRange(1, 6); i > 0; --i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, damaged.size());
    damaged[at] = *rc::gen::element(' ', '0', '9', '-', '*', '.', 'e', 'x');
  }
  const auto restored = restore(damaged, world.now(), 0ns);
  if (!restored) {
    return;
  }
  World other = world;
  other.restart(*restored);
  other.run(30, [](const Decision& d) { RC_ASSERT(d.to >= 1 && d.to <= 30); });
}

}  // namespace
}  // namespace penstock::scaling
