#include "net/timer_wheel.h"

#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace penstock::net {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

class Probe final : public Timer {
 public:
  explicit Probe(std::vector<int>& log, int id = 0) : log_(log), id_(id) {}
  void expired() override { log_.push_back(id_); }

 private:
  std::vector<int>& log_;
  int id_;
};

const SteadyTime kStart = SteadyTime(hours(5));

TEST(TimerWheelTest, FiresNeitherEarlyNorMoreThanATickLate) {
  for (const milliseconds after :
       {milliseconds(1), milliseconds(63), milliseconds(64), milliseconds(65), milliseconds(4095),
        milliseconds(4096), milliseconds(300'000), milliseconds(16'777'216),
        milliseconds(20LL * 24 * 3600 * 1000)}) {
    std::vector<int> log;
    TimerWheel wheel(kStart);
    wheel.advance(kStart + milliseconds(37));
    Probe probe(log);
    const SteadyTime due = kStart + milliseconds(37) + after;
    wheel.arm(probe, due);
    wheel.advance(due - microseconds(1));
    EXPECT_TRUE(log.empty()) << after.count();
    EXPECT_TRUE(probe.armed());
    wheel.advance(due + milliseconds(1));
    EXPECT_EQ(log.size(), 1U) << after.count();
    EXPECT_FALSE(probe.armed());
  }
}

TEST(TimerWheelTest, FiresInOrder) {
  std::vector<int> log;
  TimerWheel wheel(kStart);
  Probe late(log, 3);
  Probe middle(log, 2);
  Probe early(log, 1);
  wheel.arm(late, kStart + milliseconds(5000));
  wheel.arm(early, kStart + milliseconds(3));
  wheel.arm(middle, kStart + milliseconds(70));
  wheel.advance(kStart + hours(1));
  EXPECT_EQ(log, (std::vector<int>{1, 2, 3}));
}

TEST(TimerWheelTest, CancelAndDestructionDisarm) {
  std::vector<int> log;
  TimerWheel wheel(kStart);
  Probe cancelled(log);
  wheel.arm(cancelled, kStart + milliseconds(10));
  cancelled.cancel();
  {
    Probe destroyed(log);
    wheel.arm(destroyed, kStart + milliseconds(10));
  }
  wheel.advance(kStart + hours(1));
  EXPECT_TRUE(log.empty());
}

TEST(TimerWheelTest, ArmingAgainMoves) {
  std::vector<int> log;
  TimerWheel wheel(kStart);
  Probe probe(log);
  wheel.arm(probe, kStart + milliseconds(10));
  wheel.arm(probe, kStart + milliseconds(100));
  wheel.advance(kStart + milliseconds(50));
  EXPECT_TRUE(log.empty());
  wheel.advance(kStart + milliseconds(101));
  EXPECT_EQ(log.size(), 1U);
}

TEST(TimerWheelTest, APastTimeFiresAtTheNextTick) {
  std::vector<int> log;
  TimerWheel wheel(kStart);
  wheel.advance(kStart + milliseconds(100));
  Probe probe(log);
  wheel.arm(probe, kStart);
  wheel.advance(kStart + milliseconds(101));
  EXPECT_EQ(log.size(), 1U);
}

TEST(TimerWheelTest, NextIsNeverLate) {
  std::vector<int> log;
  TimerWheel wheel(kStart);
  EXPECT_FALSE(wheel.next().has_value());
  Probe probe(log);
  const SteadyTime due = kStart + milliseconds(123'456);
  wheel.arm(probe, due);
  int steps = 0;
  while (log.empty()) {
    ASSERT_TRUE(wheel.next().has_value());
    ASSERT_LE(*wheel.next(), due);
    ASSERT_LT(++steps, 5);  // a handful of wake-ups, not one per tick
    wheel.advance(*wheel.next());
  }
}

/// Re-arms itself and cancels its neighbour from inside expired().
class Meddler final : public Timer {
 public:
  Meddler(TimerWheel& wheel, Timer& victim) : wheel_(wheel), victim_(victim) {}
  void expired() override {
    victim_.cancel();
    if (++fired < 3) {
      wheel_.arm(*this, kStart);
    }
  }
  int fired = 0;

 private:
  TimerWheel& wheel_;
  Timer& victim_;
};

TEST(TimerWheelTest, CallbacksMayArmAndCancel) {
  std::vector<int> log;
  TimerWheel wheel(kStart);
  Probe victim(log);
  Meddler meddler(wheel, victim);
  wheel.arm(meddler, kStart + milliseconds(5));
  wheel.arm(victim, kStart + milliseconds(5));
  wheel.advance(kStart + milliseconds(5));
  EXPECT_EQ(meddler.fired, 1);
  EXPECT_TRUE(log.empty());
  wheel.advance(kStart + milliseconds(20));
  EXPECT_EQ(meddler.fired, 3);
}

TEST(TimerWheelTest, AgreesWithASortedListOverRandomOperations) {
  Random random(7);
  std::vector<int> log;
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<Probe>> probes;
  for (int i = 0; i < 200; ++i) {
    probes.push_back(std::make_unique<Probe>(log, i));
  }
  std::map<int, SteadyTime> expected;
  SteadyTime now = kStart;
  for (int step = 0; step < 20'000; ++step) {
    const auto id = static_cast<std::size_t>(random.below(probes.size()));
    const auto scale = milliseconds(1LL << random.below(22));
    switch (random.below(4)) {
      case 0:
      case 1: {
        const SteadyTime due = now + scale + milliseconds(random.below(100));
        wheel.arm(*probes[id], due);
        expected[static_cast<int>(id)] = due;
        break;
      }
      case 2:
        probes[id]->cancel();
        expected.erase(static_cast<int>(id));
        break;
      default:
        now += scale / 4;
        wheel.advance(now);
        for (const int fired : log) {
          ASSERT_TRUE(expected.contains(fired));
          ASSERT_LE(expected[fired], now);
          expected.erase(fired);
        }
        log.clear();
        for (const auto& [left, due] : expected) {
          ASSERT_GT(due + milliseconds(1), now) << "missed " << left;
        }
    }
  }
}

}  // namespace
}  // namespace penstock::net
