#include "gateway/waiting/room.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "net/task.h"
#include "tests/unit/net/manual_clock.h"

namespace penstock::gateway {
namespace {

using namespace std::chrono_literals;
using End = Waiter::End;

/// What the one route "r" could take; the test says.
class Route final : public Exits {
 public:
  std::optional<routing::Openings> openings(std::string_view route) override {
    return route == "r" ? now : std::nullopt;
  }
  [[nodiscard]] bool uses(std::string_view route, std::string_view deployment) const override {
    return route == "r" && deployment == "d";
  }
  std::optional<routing::Openings> now = routing::Openings{};
};

class RoomTest : public ::testing::Test {
 protected:
  /// One call: waits once, keeps its pass until the test takes it.
  struct Call {
    std::optional<Waiter> waiter;
    std::optional<End> end;
    std::optional<Room::Pass> pass;
  };

  void TearDown() override {
    for (const auto& call : calls) {
      call->waiter->leave();
    }
    loop.poll();  // every coroutine comes to its end
  }

  Waiter::Request request(std::chrono::milliseconds wait = 10s) {
    Waiter::Request out{};
    out.route = "r";
    out.consumer = "c";
    out.bytes = 100;
    out.max_bytes = 1'000;
    out.until = clock.now() + wait;
    return out;
  }
  std::size_t enter(const Waiter::Request& request) {
    Call& call = *calls.emplace_back(std::make_unique<Call>());
    call.waiter.emplace(room, request);
    refusal = room.enter(*call.waiter);
    if (refusal == Room::Refusal::kNone) {
      net::spawn(stay(call));
    }
    return calls.size() - 1;
  }
  static net::Task<void> stay(Call& call) {
    const End end = co_await *call.waiter;
    call.end = end;
    if (end == End::kReleased) {
      call.pass.emplace(call.waiter->take_pass());
    }
  }
  void pass_time(std::chrono::milliseconds time) {
    clock.advance(time);
    loop.fire_timers();
    loop.poll();
  }
  std::size_t released() {
    loop.poll();
    return static_cast<std::size_t>(
        std::ranges::count_if(calls, [](const auto& call) { return call->end == End::kReleased; }));
  }
  void open(std::size_t endpoints, std::size_t places) {
    exits.now = routing::Openings{.endpoints = endpoints, .places = places, .wait = {}};
  }

  net::ManualClock clock;
  net::Loop loop{clock};
  SharedRoom shared;
  Route exits;
  Room room{loop, shared, exits};
  Room::Refusal refusal = Room::Refusal::kNone;
  std::vector<std::unique_ptr<Call>> calls;
};

TEST_F(RoomTest, NewEndpointsGetAsManyAsTheyHavePlacesFor) {
  for (int i = 0; i < 9; ++i) {
    enter(request());
  }
  EXPECT_EQ(released(), 0U);
  EXPECT_TRUE(room.has_line("r"));
  EXPECT_FALSE(room.has_line("other"));
  open(2, 4);
  room.exits_changed();
  room.exits_changed();  // those on their way count
  EXPECT_EQ(released(), 4U);
}

TEST_F(RoomTest, EachCallThatIsTakenLetsTwoMoreGo) {
  for (int i = 0; i < 9; ++i) {
    enter(request());
  }
  open(1, 1);
  room.exits_changed();
  EXPECT_EQ(released(), 1U);
  open(1, 0);
  calls[0]->pass.reset();
  EXPECT_EQ(released(), 3U);
  calls[1]->pass.reset();
  calls[2]->pass.reset();
  EXPECT_EQ(released(), 7U);
  for (auto& call : calls) {
    call->pass.reset();
    loop.poll();
  }
  EXPECT_EQ(released(), 9U);
  EXPECT_TRUE(room.empty());
}

TEST_F(RoomTest, WhenTheEndpointsSayStopTheLineStandsUntilTheirTime) {
  for (int i = 0; i < 5; ++i) {
    enter(request());
  }
  open(1, 1);
  room.exits_changed();
  EXPECT_EQ(released(), 1U);
  exits.now = routing::Openings{.endpoints = 0, .places = 0, .wait = 500ms};
  calls[0]->pass.reset();
  EXPECT_EQ(released(), 1U);
  pass_time(499ms);
  EXPECT_EQ(released(), 1U);
  open(1, 32);
  pass_time(2ms);
  EXPECT_EQ(released(), 2U) << "one, to see";
}

TEST_F(RoomTest, AnEarlierTimeComesEarlier) {
  exits.now = routing::Openings{.endpoints = 0, .places = 0, .wait = 5s};
  enter(request());
  exits.now = routing::Openings{.endpoints = 0, .places = 0, .wait = 1s};
  enter(request());
  open(2, 2);
  pass_time(1'001ms);
  EXPECT_EQ(released(), 2U);
}

TEST_F(RoomTest, EachStayEndsInTime) {
  enter(request(300ms));
  enter(request(100ms));
  enter(request(200ms));
  pass_time(101ms);
  EXPECT_EQ(calls[1]->end, End::kExpired);
  EXPECT_FALSE(calls[2]->end);
  pass_time(100ms);
  EXPECT_EQ(calls[2]->end, End::kExpired);
  EXPECT_FALSE(calls[0]->end);
  pass_time(100ms);
  EXPECT_EQ(calls[0]->end, End::kExpired);
  EXPECT_TRUE(room.empty());
  EXPECT_EQ(shared.bytes, 0U);
}

TEST_F(RoomTest, WhoLeavesIsNeverReleased) {
  for (int i = 0; i < 3; ++i) {
    enter(request());
  }
  calls[1]->waiter->leave();
  open(1, 32);
  room.exits_changed();
  EXPECT_EQ(released(), 2U);
  EXPECT_EQ(calls[1]->end, End::kLeft);
  calls[0]->waiter->leave();
  EXPECT_EQ(calls[0]->end, End::kReleased) << "too late to leave";
}

TEST_F(RoomTest, AReleasedCallThatVanishesHandsItsTurnOn) {
  std::optional<Waiter> vanishing;
  vanishing.emplace(room, request());
  ASSERT_EQ(room.enter(*vanishing), Room::Refusal::kNone);
  enter(request());
  open(1, 1);
  room.exits_changed();
  EXPECT_EQ(released(), 0U);
  vanishing.reset();  // released, and nobody comes for it
  EXPECT_EQ(released(), 1U);
}

TEST_F(RoomTest, BytesAreBoundedOverAllLinesAndGivenBack) {
  Waiter::Request large = request();
  large.bytes = 950;
  enter(large);
  EXPECT_EQ(refusal, Room::Refusal::kNone);
  enter(request());
  EXPECT_EQ(refusal, Room::Refusal::kNoMemory);
  EXPECT_EQ(shared.bytes, 950U);
  calls[0]->waiter->leave();
  EXPECT_EQ(shared.bytes, 0U);
  enter(request());
  EXPECT_EQ(refusal, Room::Refusal::kNone);
}

TEST_F(RoomTest, DepthIsBoundedAcrossCores) {
  Room other(loop, shared, exits);
  Waiter::Request queued = request();
  queued.max_depth = 2;
  enter(queued);
  Waiter elsewhere(other, queued);
  EXPECT_EQ(other.enter(elsewhere), Room::Refusal::kNone);
  enter(queued);
  EXPECT_EQ(refusal, Room::Refusal::kLineFull);
  EXPECT_EQ(shared.bytes, 200U);
  enter(request());
  EXPECT_EQ(refusal, Room::Refusal::kNone) << "a call that waits for a start is in no queue";
  elsewhere.leave();
  enter(queued);
  EXPECT_EQ(refusal, Room::Refusal::kNone);
}

TEST_F(RoomTest, WhoReturnsIsTakenInHoweverFullItIs) {
  Waiter::Request queued = request();
  queued.max_depth = 1;
  enter(queued);
  open(1, 1);
  room.exits_changed();
  ASSERT_EQ(released(), 1U);
  exits.now = routing::Openings{};
  enter(queued);
  Waiter::Request again = queued;
  again.ticket = calls[0]->waiter->ticket();
  enter(again);
  EXPECT_EQ(refusal, Room::Refusal::kNone);
  calls[0]->pass.reset();
  open(1, 1);
  room.exits_changed();
  loop.poll();
  EXPECT_EQ(calls[2]->end, End::kReleased) << "and has its old place";
  EXPECT_FALSE(calls[1]->end);
}

TEST_F(RoomTest, APauseHoldsTheLineUnlessAnEndpointAnswersOrANewOneComes) {
  for (const bool answered : {true, false}) {
    Waiter::Request request = this->request();
    request.pause = 1s;
    open(1, 32);
    const std::size_t call = enter(request);
    loop.poll();
    EXPECT_FALSE(calls[call]->end);
    room.answered_by("other");
    loop.poll();
    EXPECT_FALSE(calls[call]->end);
    answered ? room.answered_by("d") : room.exits_changed();
    loop.poll();
    EXPECT_EQ(calls[call]->end, End::kReleased);
    calls[call]->pass.reset();
  }
  Waiter::Request request = this->request();
  request.pause = 1s;
  const std::size_t call = enter(request);
  pass_time(1'001ms);
  EXPECT_EQ(calls[call]->end, End::kReleased);
}

TEST_F(RoomTest, ARouteThatIsGoneLetsEverybodyGo) {
  for (int i = 0; i < 3; ++i) {
    enter(request());
  }
  exits.now.reset();
  room.exits_changed();
  EXPECT_EQ(released(), 3U);
}

TEST_F(RoomTest, NobodyStaysBeyondTheEnd) {
  enter(request(50ms));
  enter(request(10s));
  room.leave_by(clock.now() + 100ms);
  enter(request(10s));
  pass_time(51ms);
  EXPECT_EQ(calls[0]->end, End::kExpired);
  EXPECT_FALSE(room.leaving(clock.now()));
  pass_time(50ms);
  EXPECT_EQ(calls[1]->end, End::kExpired);
  EXPECT_EQ(calls[2]->end, End::kExpired);
  EXPECT_TRUE(room.leaving(clock.now()));
}

}  // namespace
}  // namespace penstock::gateway
