#include "gateway/waiting/line.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace penstock::gateway {
namespace {

/// Calls that stand in a line, named by their tickets.
class Queue {
 public:
  std::uint64_t join(std::string_view consumer, std::int32_t priority = 0, std::uint32_t weight = 1,
                     std::uint64_t work = 1) {
    const std::uint64_t ticket = calls_.size() + 1;
    add({.consumer = consumer,
         .priority = priority,
         .weight = weight,
         .work = work,
         .ticket = ticket});
    return ticket;
  }
  void add(const Line::Standing& standing) {
    calls_.push_back(std::make_unique<Line::Place>(standing));
    line.join(*calls_.back());
  }
  void come_back(std::uint64_t ticket) {
    Line::Standing standing = calls_[ticket - 1]->standing();
    standing.returning = true;
    add(standing);
  }
  void leave(std::uint64_t ticket) { calls_[ticket - 1]->leave(); }
  /// 0 when nobody waits.
  std::uint64_t take() {
    const Line::Place* place = line.take();
    return place == nullptr ? 0 : place->standing().ticket;
  }
  std::vector<std::uint64_t> take_all() {
    std::vector<std::uint64_t> out;
    while (const std::uint64_t ticket = take()) {
      out.push_back(ticket);
    }
    return out;
  }
  std::string_view take_consumer() {
    const Line::Place* place = line.take();
    return place == nullptr ? "" : place->standing().consumer;
  }

  Line line;

 private:
  std::vector<std::unique_ptr<Line::Place>> calls_;
};

using Tickets = std::vector<std::uint64_t>;

TEST(Line, FirstComeFirstServedWithinAConsumer) {
  Queue queue;
  for (int i = 0; i < 5; ++i) {
    queue.join("a", 0, 1, static_cast<std::uint64_t>(100 - i));
  }
  EXPECT_EQ(queue.line.size(), 5U);
  EXPECT_EQ(queue.take_all(), (Tickets{1, 2, 3, 4, 5}));
  EXPECT_TRUE(queue.line.empty());
  EXPECT_EQ(queue.take(), 0U);
}

TEST(Line, ConsumersTakeTurnsHoweverMuchOneSends) {
  Queue queue;
  for (int i = 0; i < 1'000; ++i) {
    queue.join("noisy");
  }
  const Tickets few{queue.join("b"), queue.join("c"), queue.join("b")};
  Tickets first;
  for (int i = 0; i < 6; ++i) {
    first.push_back(queue.take());
  }
  for (const std::uint64_t ticket : few) {
    EXPECT_NE(std::ranges::find(first, ticket), first.end()) << ticket;
  }
}

TEST(Line, OneThatComesLateIsNotMadeUpForWhatItDidNotAskFor) {
  Queue queue;
  for (int i = 0; i < 100; ++i) {
    queue.join("a");
  }
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(queue.take_consumer(), "a");
  }
  for (int i = 0; i < 50; ++i) {
    queue.join("b");
  }
  int of_b = 0;
  for (int i = 0; i < 20; ++i) {
    of_b += queue.take_consumer() == "b" ? 1 : 0;
  }
  EXPECT_EQ(of_b, 10);
}

TEST(Line, SharesFollowWeightAndWork) {
  Queue queue;
  for (int i = 0; i < 300; ++i) {
    queue.join("heavy", 0, 3, 10);
    queue.join("light", 0, 1, 10);
    queue.join("long", 0, 1, 100);
  }
  int heavy = 0;
  int light = 0;
  int large = 0;
  for (int i = 0; i < 205; ++i) {
    const std::string_view consumer = queue.take_consumer();
    heavy += consumer == "heavy" ? 1 : 0;
    light += consumer == "light" ? 1 : 0;
    large += consumer == "long" ? 1 : 0;
  }
  EXPECT_NEAR(heavy, 150, 3);
  EXPECT_NEAR(light, 50, 2);
  EXPECT_NEAR(large, 5, 1);
}

TEST(Line, HigherPrioritiesFirst) {
  Queue queue;
  const auto batch = queue.join("a", -100);
  const auto standard = queue.join("a", 0);
  const auto interactive = queue.join("b", 100);
  const auto second = queue.join("a", 100);
  EXPECT_EQ(queue.take_all(), (Tickets{interactive, second, standard, batch}));
}

TEST(Line, AnybodyCanLeaveFromAnywhere) {
  for (std::uint64_t gone = 1; gone <= 6; ++gone) {
    Queue queue;
    for (int i = 0; i < 3; ++i) {
      queue.join("a", i == 2 ? 100 : 0);
      queue.join("b");
    }
    queue.leave(gone);
    queue.leave(gone);
    EXPECT_EQ(queue.line.size(), 5U);
    const Tickets rest = queue.take_all();
    EXPECT_EQ(rest.size(), 5U);
    EXPECT_EQ(std::ranges::find(rest, gone), rest.end());
  }
}

TEST(Line, WhoComesBackHasItsOldPlace) {
  Queue queue;
  for (int i = 0; i < 4; ++i) {
    queue.join("a");
  }
  EXPECT_EQ(queue.take(), 1U);
  EXPECT_EQ(queue.take(), 2U);
  queue.come_back(1);
  queue.come_back(2);
  EXPECT_EQ(queue.take_all(), (Tickets{1, 2, 3, 4}));
}

TEST(Line, WhoComesBackHasNotUsedItsTurn) {
  Queue queue;
  for (int i = 0; i < 10; ++i) {
    queue.join("a");
    queue.join("b");
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(queue.take(), 1U) << "refused " << i << " times, and still the next";
    queue.come_back(1);
  }
  EXPECT_EQ(queue.take_consumer(), "a");
  EXPECT_EQ(queue.take_consumer(), "b");
}

TEST(Line, ADestroyedPlaceHasLeft) {
  Line line;
  {
    Line::Place place({.consumer = "a", .ticket = 1});
    line.join(place);
    EXPECT_TRUE(place.in_line());
  }
  EXPECT_TRUE(line.empty());
  EXPECT_EQ(line.take(), nullptr);
}

TEST(Line, ADestroyedLineLetsGo) {
  Line::Place place({.consumer = "a", .ticket = 1});
  {
    Line line;
    line.join(place);
  }
  EXPECT_FALSE(place.in_line());
}

TEST(Line, NobodyIsLostOrServedTwice) {
  Random random(3);
  Queue queue;
  std::vector<int> seen;
  const std::string_view consumers[] = {"a", "b", "c", "d"};
  std::size_t left = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t draw = random.next();
    if (draw % 3 != 0 || queue.line.empty()) {
      const auto ticket =
          queue.join(consumers[(draw >> 8U) % 4], static_cast<std::int32_t>((draw >> 16U) % 3),
                     1 + (draw >> 24U) % 4, 1 + (draw >> 32U) % 50);
      seen.resize(ticket + 1);
    } else if (draw % 2 == 0) {
      ++seen[queue.take()];
    } else {
      const std::size_t before = queue.line.size();
      queue.leave(1 + (draw >> 8U) % (seen.size() - 1));
      left += before - queue.line.size();
    }
  }
  while (const std::uint64_t ticket = queue.take()) {
    ++seen[ticket];
  }
  std::size_t served = 0;
  for (const int times : seen) {
    EXPECT_LE(times, 1);
    served += static_cast<std::size_t>(times);
  }
  EXPECT_EQ(served + left, seen.size() - 1);
}

}  // namespace
}  // namespace penstock::gateway
