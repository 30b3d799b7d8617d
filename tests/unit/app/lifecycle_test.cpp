#include "app/supervise/lifecycle.h"

#include <gtest/gtest.h>

namespace penstock::app::supervise {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{};

/// Plays events against the machine; time moves only when a test says so.
class Machine {
 public:
  explicit Machine(Policy policy = {}) : policy_(policy) {}

  Step feed(EventKind kind, std::string detail = {}, double jitter = 0) {
    Step step = decide(policy_, state_, {kind, std::move(detail)}, now_, jitter);
    state_ = step.state;
    return step;
  }
  Step tick_at_wake() {
    now_ = next_wake(state_).value();
    return feed(EventKind::kTick);
  }
  void advance(std::chrono::milliseconds by) { now_ += by; }
  void make_ready() {
    feed(EventKind::kStart);
    feed(EventKind::kSpawned);
    tick_at_wake();
    feed(EventKind::kProbeOk);
  }

  Policy policy_;
  State state_;
  SteadyTime now_ = kStart;
};

using Actions = std::vector<Action>;

TEST(Lifecycle, StartsProbesAndBecomesReady) {
  Machine machine;
  EXPECT_EQ(machine.feed(EventKind::kStart).actions, Actions{Action::kSpawn});
  machine.feed(EventKind::kSpawned);
  EXPECT_EQ(machine.tick_at_wake().actions, Actions{Action::kProbe});
  EXPECT_EQ(machine.now_, kStart + 50ms);
  machine.feed(EventKind::kProbeFailed, "connection refused");
  EXPECT_EQ(machine.state_.phase, Phase::kStarting);
  EXPECT_EQ(machine.tick_at_wake().actions, Actions{Action::kProbe});
  const Step step = machine.feed(EventKind::kProbeOk);
  EXPECT_EQ(machine.state_.phase, Phase::kReady);
  ASSERT_TRUE(step.notice.has_value());
  EXPECT_EQ(step.notice->kind, NoticeKind::kReady);
  EXPECT_EQ(step.notice->after, 100ms);
}

TEST(Lifecycle, OneProbeAtATime) {
  Machine machine;
  machine.make_ready();
  EXPECT_EQ(machine.tick_at_wake().actions, Actions{Action::kProbe});
  EXPECT_EQ(next_wake(machine.state_), std::nullopt);
  machine.advance(10s);
  EXPECT_TRUE(machine.feed(EventKind::kTick).actions.empty());
}

TEST(Lifecycle, KilledWhenItNeverAnswers) {
  Machine machine(Policy{.startup_deadline = 1s});
  machine.feed(EventKind::kStart);
  machine.feed(EventKind::kSpawned);
  machine.tick_at_wake();
  machine.advance(1s);
  const Step step = machine.feed(EventKind::kTick);
  EXPECT_EQ(step.actions, Actions{Action::kKill});
  EXPECT_EQ(step.notice->kind, NoticeKind::kStartTimeout);
  EXPECT_TRUE(machine.feed(EventKind::kTick).actions.empty()) << "killed once";
  machine.feed(EventKind::kExited, "was killed by signal 9 (Killed)");
  EXPECT_EQ(machine.state_.phase, Phase::kBackoff);
}

TEST(Lifecycle, ALateGoodAnswerDoesNotReviveAKilledChild) {
  Machine machine(Policy{.startup_deadline = 60ms});
  machine.feed(EventKind::kStart);
  machine.feed(EventKind::kSpawned);
  machine.tick_at_wake();
  machine.advance(60ms);
  machine.feed(EventKind::kTick);
  machine.feed(EventKind::kProbeOk);
  EXPECT_EQ(machine.state_.phase, Phase::kStarting);
}

TEST(Lifecycle, BackoffDoublesToItsLimit) {
  const Policy policy{.backoff_first = 100ms, .backoff_limit = 1s};
  const std::chrono::milliseconds expected[] = {100ms, 200ms, 400ms, 800ms, 1s, 1s};
  for (std::uint32_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(backoff(policy, i + 1), expected[i]) << i;
  }
  EXPECT_EQ(backoff(policy, 4'000'000'000U), 1s);
}

TEST(Lifecycle, RepeatedFailuresWaitLonger) {
  Machine machine;
  machine.feed(EventKind::kStart);
  for (const auto wait : {100ms, 200ms, 400ms}) {
    machine.feed(EventKind::kSpawned);
    const Step step = machine.feed(EventKind::kExited, "exited with code 1");
    EXPECT_EQ(step.notice->after, wait);
    EXPECT_EQ(step.notice->detail, "exited with code 1");
    EXPECT_EQ(machine.tick_at_wake().actions, Actions{Action::kSpawn});
  }
  EXPECT_EQ(machine.state_.restarts, 3U);
}

TEST(Lifecycle, AFailedSpawnIsAFailure) {
  Machine machine;
  machine.feed(EventKind::kStart);
  const Step step = machine.feed(EventKind::kSpawnFailed, "not installed");
  EXPECT_EQ(machine.state_.phase, Phase::kBackoff);
  EXPECT_EQ(step.notice->detail, "not installed");
  EXPECT_FALSE(machine.state_.alive);
}

TEST(Lifecycle, JitterAddsAtMostATenth) {
  Machine machine;
  machine.feed(EventKind::kStart);
  machine.feed(EventKind::kSpawned);
  EXPECT_EQ(machine.feed(EventKind::kExited, {}, 0.999).notice->after, 109ms);
}

TEST(Lifecycle, ALongHealthyTimeForgivesFailures) {
  Machine machine;
  machine.make_ready();
  machine.state_.failures = 7;
  machine.advance(29s);
  Machine young = machine;
  EXPECT_EQ(young.feed(EventKind::kExited).notice->after, backoff({}, 8));
  machine.advance(1s);
  EXPECT_EQ(machine.feed(EventKind::kExited).notice->after, 100ms);
}

TEST(Lifecycle, ThreeBadProbesMakeItUnreadyAndOneGoodBringsItBack) {
  Machine machine;
  machine.make_ready();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(machine.state_.phase, Phase::kReady) << i;
    machine.tick_at_wake();
    machine.feed(EventKind::kProbeFailed, "no answer within 2s");
  }
  EXPECT_EQ(machine.state_.phase, Phase::kUnready);
  machine.tick_at_wake();
  EXPECT_EQ(machine.feed(EventKind::kProbeOk).notice->kind, NoticeKind::kReady);
  EXPECT_EQ(machine.state_.phase, Phase::kReady);
  EXPECT_EQ(machine.state_.bad_probes, 0U);
}

TEST(Lifecycle, AHungChildIsRestarted) {
  Machine machine(Policy{.restart_unready_after = 5s});
  machine.make_ready();
  for (int i = 0; i < 3; ++i) {
    machine.tick_at_wake();
    machine.feed(EventKind::kProbeFailed);
  }
  machine.advance(5s);
  const Step step = machine.feed(EventKind::kTick);
  EXPECT_EQ(step.actions, Actions{Action::kKill});
  EXPECT_EQ(step.notice->kind, NoticeKind::kHung);
}

TEST(Lifecycle, StopIsTermThenGraceThenKill) {
  Machine machine(Policy{.stop_grace = 3s});
  machine.make_ready();
  EXPECT_EQ(machine.feed(EventKind::kStop).actions, Actions{Action::kTerminate});
  EXPECT_TRUE(machine.feed(EventKind::kStop).actions.empty()) << "asked once";
  const Step step = machine.tick_at_wake();
  EXPECT_EQ(step.actions, Actions{Action::kKill});
  EXPECT_EQ(step.notice->kind, NoticeKind::kKilled);
  EXPECT_EQ(machine.feed(EventKind::kExited).notice->kind, NoticeKind::kStopped);
  EXPECT_EQ(machine.state_.phase, Phase::kStopped);
  EXPECT_EQ(next_wake(machine.state_), std::nullopt);
}

TEST(Lifecycle, StopInBackoffNeedsNoProcess) {
  Machine machine;
  machine.make_ready();
  machine.feed(EventKind::kExited);
  EXPECT_TRUE(machine.feed(EventKind::kStop).actions.empty());
  EXPECT_EQ(machine.state_.phase, Phase::kStopped);
}

TEST(Lifecycle, AStoppedChildStaysStopped) {
  Machine machine;
  machine.make_ready();
  machine.feed(EventKind::kStop);
  machine.feed(EventKind::kExited);
  machine.advance(1h);
  EXPECT_TRUE(machine.feed(EventKind::kTick).actions.empty());
  EXPECT_TRUE(machine.feed(EventKind::kStart).actions.empty());
}

TEST(Lifecycle, EveryPhaseThatCanBeStuckHasAWake) {
  Machine machine;
  machine.feed(EventKind::kStart);
  machine.feed(EventKind::kSpawned);
  EXPECT_TRUE(next_wake(machine.state_).has_value()) << "starting";
  machine.tick_at_wake();
  EXPECT_EQ(next_wake(machine.state_), machine.state_.deadline) << "probing still has a deadline";
  machine.feed(EventKind::kProbeOk);
  EXPECT_TRUE(next_wake(machine.state_).has_value()) << "ready";
  machine.feed(EventKind::kExited);
  EXPECT_TRUE(next_wake(machine.state_).has_value()) << "backoff";
}

}  // namespace
}  // namespace penstock::app::supervise
