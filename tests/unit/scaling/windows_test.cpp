#include "scaling/windows.h"

#include <algorithm>
#include <deque>

#include <gtest/gtest.h>

#include "tests/unit/scaling/property.h"

namespace penstock::scaling {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart{10'000s};

TEST(DemandWindow, SumsWholeSecondsBeforeTheEnd) {
  DemandWindow window;
  for (int s = 0; s < 30; ++s) {
    window.add(kStart + std::chrono::seconds(s), 1s, {.calls = 2, .prompt_tokens = 100});
  }
  const DemandSum sum = window.sum(kStart + 30s, 10, kStart);
  EXPECT_EQ(sum.seconds, 10);
  EXPECT_EQ(sum.calls, 20);
  EXPECT_EQ(sum.prompt_tokens, 1'000);
  const DemandSum young = window.sum(kStart + 5s, 10, kStart);
  EXPECT_EQ(young.seconds, 5) << "not before it was complete";
  EXPECT_EQ(young.calls, 10);
}

TEST(DemandWindow, TheLastSecondsEndWhereTheyEnd) {
  DemandWindow window;
  for (int s = 0; s < 4; ++s) {
    window.add(kStart + std::chrono::seconds(s), 1s, {.calls = static_cast<float>(10 * s)});
  }
  window.add(kStart + 4s, 500ms, {.calls = 7});
  const DemandSum last = window.last(kStart + 4'500ms, 2, kStart, 1);
  EXPECT_EQ(last.seconds, 2);
  EXPECT_EQ(last.calls, 10 + 30 + 7);
  EXPECT_EQ(window.last(kStart + 4'500ms, 2, kStart, 0.5).calls, 10 + 30 + 3.5);
  EXPECT_EQ(window.last(kStart + 4s, 2, kStart, 1).calls, window.sum(kStart + 4s, 2, kStart).calls);
  EXPECT_EQ(window.last(kStart + 4'500ms, 2, kStart + 3s, 1).seconds, 1.5);
  EXPECT_EQ(window.last(kStart + 4'500ms, 2, kStart + 4s, 1).seconds, 0) << "too little to tell";
}

TEST(DemandWindow, QuietSecondsCountAsSeconds) {
  DemandWindow window;
  window.add(kStart, 1s, {.calls = 6});
  const DemandSum sum = window.sum(kStart + 60s, 60, kStart - 100s);
  EXPECT_EQ(sum.seconds, 60);
  EXPECT_EQ(sum.calls, 6);
}

TEST(DemandWindow, LateNewsFindsItsSecondAndOldNewsIsDropped) {
  DemandWindow window;
  window.add(kStart + 50s, 1s, {.calls = 1});
  window.add(kStart + 40s, 1s, {.calls = 2});
  window.add(kStart - 100s, 1s, {.calls = 1'000});
  EXPECT_EQ(window.sum(kStart + 51s, 60, kStart - 100s).calls, 3);
}

TEST(DemandWindow, LongStretchesAreSpreadOverTheirSeconds) {
  DemandWindow window;
  window.add(kStart, 10s, {.calls = 50});
  EXPECT_FLOAT_EQ(static_cast<float>(window.sum(kStart + 4s, 4, kStart).calls), 20);
  EXPECT_FLOAT_EQ(static_cast<float>(window.sum(kStart + 10s, 60, kStart).calls), 50);
}

TEST(DemandWindow, AJumpOverMoreThanItKeepsForgetsAll) {
  DemandWindow window;
  window.add(kStart, 1s, {.calls = 5});
  window.add(kStart + 1'000s, 1s, {.calls = 7});
  EXPECT_EQ(window.sum(kStart + 1'001s, 60, kStart).calls, 7);
}

RC_GTEST_PROP(MaxWindow, IsTheMaximumOfItsWindow, ()) {
  MaxWindow window;
  std::deque<std::pair<SteadyTime, std::int32_t>> all;
  SteadyTime now = kStart;
  const auto length = std::chrono::seconds(*rc::gen::inRange(1, 400));
  const int spread = *rc::gen::inRange(1, 50);  // few distinct values: then it is exact
  for (int i = 0; i < 300; ++i) {
    now += std::chrono::seconds(*rc::gen::inRange(0, 5));
    const std::int32_t value = *rc::gen::inRange(0, spread);
    window.add(now, value);
    all.emplace_back(now, value);
    std::int32_t highest = 0;
    for (const auto& [time, v] : all) {
      highest = time >= now - length ? std::max(highest, v) : highest;
    }
    RC_ASSERT(window.highest(now - length) == highest);
  }
}

TEST(MaxWindow, IsNeverTooLowWhenMoreValuesMatterThanItKeeps) {
  MaxWindow window;
  constexpr int kValues = 500;
  for (int i = 0; i < kValues; ++i) {  // falling: each one matters
    window.add(kStart + std::chrono::seconds(i), kValues - i);
  }
  const SteadyTime end = kStart + std::chrono::seconds(kValues - 1);
  for (int back = 300; back >= 0; --back) {
    MaxWindow copy = window;
    EXPECT_GE(copy.highest(end - std::chrono::seconds(back)), 1 + back);
  }
}

TEST(MaxWindow, IsEmptyOnceAllIsOld) {
  MaxWindow window;
  window.add(kStart, 5);
  EXPECT_EQ(window.highest(kStart), 5);
  EXPECT_EQ(window.expires(300s), kStart + 300s);
  EXPECT_EQ(window.highest(kStart + 1s), std::nullopt);
  EXPECT_TRUE(window.empty());
}

TEST(ChangeLog, CountsTheLastMinuteByDirection) {
  ChangeLog log;
  log.add(kStart, 3);
  log.add(kStart + 20s, -1);
  log.add(kStart + 40s, 2);
  EXPECT_EQ(log.added(kStart + 40s), 5);
  EXPECT_EQ(log.removed(kStart + 40s), 1);
  EXPECT_EQ(log.eases(kStart + 41s, true), kStart + 60s);
  EXPECT_EQ(log.added(kStart + 60s), 2);
  EXPECT_EQ(log.eases(kStart + 200s, true), kStart + 200s);
  log.add(kStart + 201s, 4);
  log.take_back(4);
  EXPECT_EQ(log.added(kStart + 202s), 0);
  for (int i = 0; i < 200; ++i) {  // more changes than it keeps are still counted
    log.add(kStart + 300s + std::chrono::milliseconds(i * 10), 1);
  }
  EXPECT_EQ(log.added(kStart + 303s), 200);
}

}  // namespace
}  // namespace penstock::scaling
