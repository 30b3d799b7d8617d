#include "net/loop.h"

#include <array>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "net/cancel.h"
#include "net/event.h"
#include "tests/unit/net/manual_clock.h"

namespace penstock::net {
namespace {

using std::chrono::milliseconds;

Task<int> twice(int value) {
  co_return 2 * value;
}

Task<int> sum(int depth) {
  if (depth == 0) {
    co_return 0;
  }
  const int rest = co_await sum(depth - 1);
  co_return rest + 1;
}

Task<void> compute(int& out) {
  const int a = co_await twice(21);
  const int b =
      co_await sum(10'000);  // symmetric transfer: depth of the call chain, not of the stack
  out = a + b;
}

Task<void> throwing() {
  throw std::runtime_error("inside");
  co_return;
}

Task<void> catching(std::string& what) {
  try {
    co_await throwing();
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
}

TEST(TaskTest, AwaitsValuesAndExceptions) {
  int out = 0;
  spawn(compute(out));
  EXPECT_EQ(out, 10'042);
  std::string what;
  spawn(catching(what));
  EXPECT_EQ(what, "inside");
}

Task<void> nap(Loop& loop, milliseconds time, std::vector<int>& log, int id) {
  co_await loop.sleep(time);
  log.push_back(id);
}

TEST(LoopTest, SleepsByItsClock) {
  ManualClock clock;
  Loop loop(clock);
  std::vector<int> log;
  spawn(nap(loop, milliseconds(20), log, 2));
  spawn(nap(loop, milliseconds(10), log, 1));
  loop.poll();
  EXPECT_TRUE(log.empty());
  clock.advance(milliseconds(15));
  loop.fire_timers();
  EXPECT_EQ(log, std::vector<int>{1});
  clock.advance(milliseconds(6));
  loop.fire_timers();
  EXPECT_EQ(log, (std::vector<int>{1, 2}));
}

TEST(LoopTest, TimersWakeARealLoop) {
  Loop loop;
  std::vector<int> log;
  spawn(nap(loop, milliseconds(5), log, 1));
  const SteadyTime before = loop.now();
  loop.run_until([&] { return !log.empty(); });
  EXPECT_GE(loop.now() - before, milliseconds(5));
}

TEST(LoopTest, RunsPostedWorkInOrderAlsoFromItself) {
  Loop loop;
  std::vector<int> log;
  loop.post([&] {
    log.push_back(1);
    loop.post([&] { log.push_back(3); });
  });
  loop.post([&] { log.push_back(2); });
  loop.poll();
  EXPECT_EQ(log, (std::vector<int>{1, 2, 3}));
}

TEST(LoopTest, StopBeforeRunIsNotLost) {
  Loop loop;
  loop.stop();
  loop.run();  // returns
  int ran = 0;
  loop.post([&] {
    ++ran;
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(ran, 1);
}

TEST(LoopGroupTest, RunsEachLoopOnItsOwnThread) {
  LoopGroup group(3);
  group.start();
  std::array<std::thread::id, 3> ids;
  group.for_each([&](Loop&, std::size_t index) { ids[index] = std::this_thread::get_id(); });
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_NE(ids[1], ids[2]);
  EXPECT_NE(ids[0], std::this_thread::get_id());
  group.stop();
}

TEST(LoopGroupTest, TakesWorkFromManyThreads) {
  LoopGroup group(1);
  group.start();
  constexpr int kThreads = 4;
  constexpr int kPosts = 2'000;
  int count = 0;  // of the loop's thread
  std::atomic<int> left{kThreads * kPosts};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kPosts; ++i) {
        group[0].post([&] {
          ++count;
          left.fetch_sub(1);
          left.notify_one();
        });
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (int now = left.load(); now != 0; now = left.load()) {
    left.wait(now);
  }
  group.stop();
  EXPECT_EQ(count, kThreads * kPosts);
}

Task<void> wait_for(Event& event, int& woken) {
  co_await event.wait();
  ++woken;
}

TEST(EventTest, LatchesAndWakesFromTheLoop) {
  Loop loop;
  Event event(loop);
  int woken = 0;
  event.set();
  spawn(wait_for(event, woken));
  EXPECT_EQ(woken, 1);  // it was set before
  spawn(wait_for(event, woken));
  EXPECT_EQ(woken, 1);
  event.set();
  EXPECT_EQ(woken, 1);  // not inside set()
  loop.poll();
  EXPECT_EQ(woken, 2);
  EXPECT_FALSE(event.is_set());
}

Task<void> wait_for(Gate& gate, bool& passed) {
  co_await gate.wait();
  passed = true;
}

TEST(GateTest, OpensWhenTheLastHasLeft) {
  Loop loop;
  Gate gate(loop);
  ASSERT_TRUE(gate.enter());
  ASSERT_TRUE(gate.enter());
  gate.close();
  EXPECT_FALSE(gate.enter());
  bool passed = false;
  spawn(wait_for(gate, passed));
  gate.leave();
  loop.poll();
  EXPECT_FALSE(passed);
  gate.leave();
  loop.poll();
  EXPECT_TRUE(passed);
}

class CountCancel final : public CancelListener {
 public:
  void cancelled() override { ++count; }
  int count = 0;
};

TEST(CancelTest, FiresOncePerListener) {
  CancelSignal signal;
  CountCancel before;
  CountCancel gone;
  signal.add(before);
  {
    const OnCancel scoped(signal, [&] { ++gone.count; });
  }
  signal.fire();
  signal.fire();
  EXPECT_EQ(before.count, 1);
  EXPECT_EQ(gone.count, 0);  // its scope ended before
  CountCancel late;
  signal.add(late);
  EXPECT_EQ(late.count, 1);  // already fired: told at once
}

}  // namespace
}  // namespace penstock::net
