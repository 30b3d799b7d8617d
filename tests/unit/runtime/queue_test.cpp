// Order of work and its pace (client rules 26-28).
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "base/random.h"
#include "runtime/queue_core.h"
#include "runtime/rate_limiter.h"
#include "runtime/work_queue.h"
#include "tests/support/kube/fake_waiter.h"

namespace penstock::runtime {
namespace {

using kube::ObjectKey;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeWaiter;

const SteadyTime kStart{std::chrono::hours(1)};
const ObjectKey kA{"ns", "a"};
const ObjectKey kB{"ns", "b"};

TEST(QueueCore, ADirtyKeyIsQueuedOnce) {
  QueueCore queue;
  queue.add(kA, kStart);
  queue.add(kA, kStart);
  queue.add(kB, kStart);
  EXPECT_EQ(queue.take(kStart)->key, kA);
  EXPECT_EQ(queue.take(kStart)->key, kB);
  EXPECT_FALSE(queue.take(kStart));
}

TEST(QueueCore, AKeyAddedWhileProcessingRunsExactlyOnceMore) {
  QueueCore queue;
  queue.add(kA, kStart);
  ASSERT_TRUE(queue.take(kStart));
  for (int i = 0; i < 5; ++i) {
    queue.add(kA, kStart);
  }
  EXPECT_FALSE(queue.take(kStart)) << "one key is never in two workers";
  queue.done(kA, kStart);
  EXPECT_TRUE(queue.take(kStart));
  queue.done(kA, kStart);
  EXPECT_FALSE(queue.take(kStart));
}

TEST(QueueCore, TheEarliestOfDelayedAddsCounts) {
  QueueCore queue;
  queue.add_at(kA, kStart + seconds(10));
  queue.add_at(kA, kStart + seconds(3));
  queue.add_at(kA, kStart + seconds(7));
  EXPECT_EQ(queue.delayed(), 1U);
  EXPECT_EQ(queue.next_due(), kStart + seconds(3));
  EXPECT_FALSE(queue.take(kStart + milliseconds(2'999)));
  EXPECT_EQ(queue.take(kStart + seconds(3))->key, kA);
  queue.done(kA, kStart + seconds(3));
  EXPECT_FALSE(queue.take(kStart + seconds(100)));
}

TEST(QueueCore, ShutDownDropsWhatWaitsAndLetsWorkEnd) {
  QueueCore queue;
  queue.add(kA, kStart);
  queue.add(kB, kStart);
  queue.add_at({"ns", "c"}, kStart + seconds(1));
  ASSERT_TRUE(queue.take(kStart));
  queue.add(kA, kStart);
  queue.shut_down();
  queue.add(kB, kStart);
  EXPECT_EQ(queue.processing(), 1U);
  queue.done(kA, kStart);
  EXPECT_FALSE(queue.take(kStart + seconds(9)));
  EXPECT_EQ(queue.processing(), 0U);
}

TEST(QueueCore, HoldsItsPromisesUnderRandomUse) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    QueueCore queue;
    SteadyTime now = kStart;
    std::map<ObjectKey, int> wanted;  // work asked for and not begun since
    std::set<ObjectKey> working;
    for (int step = 0; step < 300; ++step) {
      const ObjectKey key{"ns", std::to_string(random.below(5))};
      switch (random.below(4)) {
        case 0:
          queue.add(key, now);
          wanted[key] = 1;
          break;
        case 1:
          if (const auto item = queue.take(now)) {
            ASSERT_TRUE(working.insert(item->key).second) << "twice at once, seed " << seed;
            ASSERT_EQ(wanted[item->key], 1) << "work that nobody asked for, seed " << seed;
            wanted[item->key] = 0;
          }
          break;
        case 2:
          if (working.erase(key) == 1) {
            queue.done(key, now);
          }
          break;
        default:
          now += milliseconds(10);
      }
    }
    for (const ObjectKey& key : std::set<ObjectKey>(working)) {
      queue.done(key, now);
    }
    while (const auto item = queue.take(now)) {
      wanted[item->key] = 0;
      queue.done(item->key, now);
    }
    for (const auto& [key, open] : wanted) {
      ASSERT_EQ(open, 0) << "work lost for " << key.name << ", seed " << seed;
    }
  }
}

TEST(RateLimiter, DoublesUpToItsCapAndForgets) {
  RateLimiter limiter({.per_second = 0});
  std::chrono::nanoseconds expected = milliseconds(5);
  for (int i = 0; i < 30; ++i) {
    const auto wait = limiter.after_failure(kA, kStart, 0);
    EXPECT_EQ(wait, expected);
    expected = std::min<std::chrono::nanoseconds>(expected * 2, seconds(60));
  }
  EXPECT_EQ(limiter.failures(kA), 30);
  EXPECT_EQ(limiter.after_failure(kB, kStart, 0), milliseconds(5)) << "others do not pay";
  limiter.forget(kA);
  EXPECT_EQ(limiter.after_failure(kA, kStart, 0.5), std::chrono::microseconds(5'500));
}

TEST(RateLimiter, AThousandFailuresAreSpread) {
  RateLimiter limiter;
  std::chrono::nanoseconds longest{0};
  for (int i = 0; i < 1'000; ++i) {
    longest = std::max(longest, limiter.after_failure({"ns", std::to_string(i)}, kStart, 0));
  }
  EXPECT_EQ(longest, seconds(90)) << "100 at once, then 10 a second";
}

TEST(WorkQueue, WakesForWorkForDueTimesAndForTheEnd) {
  FakeWaiter waiter(FakeWaiter::Mode::kByHand);
  WorkQueue queue(waiter, {}, 1);
  std::stop_source stop;
  std::vector<std::string> taken;
  std::jthread worker([&] {
    while (const auto item = queue.take(stop.get_token())) {
      taken.push_back(item->key.name);
      queue.done(item->key);
    }
  });
  waiter.settle(1);
  queue.add(kA);
  while (queue.numbers().adds != 1 || queue.numbers().depth + queue.numbers().processing > 0) {
    std::this_thread::yield();
  }
  queue.add_after(kB, seconds(5));
  queue.add_after({"ns", "sooner"}, seconds(2));
  while (queue.numbers().delayed != 2) {
    std::this_thread::yield();
  }
  waiter.advance(seconds(2));
  while (queue.numbers().delayed != 1) {
    std::this_thread::yield();
  }
  waiter.advance(seconds(3));
  while (queue.numbers().delayed != 0 || queue.numbers().processing > 0) {
    std::this_thread::yield();
  }
  stop.request_stop();
  worker.join();
  EXPECT_EQ(taken, (std::vector<std::string>{"a", "sooner", "b"}));
}

}  // namespace
}  // namespace penstock::runtime
