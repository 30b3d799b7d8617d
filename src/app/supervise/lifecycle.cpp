#include "app/supervise/lifecycle.h"

#include <algorithm>

namespace penstock::app::supervise {
namespace {

using std::chrono::milliseconds;

milliseconds between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration_cast<milliseconds>(to - from);
}

void enter(State& state, Phase phase, SteadyTime now) {
  state.phase = phase;
  state.since = now;
}

void spawn(Step& step, SteadyTime now, const Policy& policy) {
  enter(step.state, Phase::kStarting, now);
  step.state.deadline = now + policy.startup_deadline;
  step.state.bad_probes = 0;
  step.state.next_probe = now + policy.startup_probe_interval;
  step.actions.push_back(Action::kSpawn);
}

void fail_and_wait(Step& step, const Policy& policy, std::string detail, SteadyTime now,
                   double jitter) {
  State& state = step.state;
  const bool was_well = state.phase == Phase::kReady && now - state.since >= policy.reset_after;
  state.failures = was_well ? 1 : state.failures + 1;
  ++state.restarts;
  const auto plain = backoff(policy, state.failures);
  const auto wait =
      plain +
      milliseconds(static_cast<std::int64_t>(jitter * static_cast<double>(plain.count()) / 10.0));
  enter(state, Phase::kBackoff, now);
  state.alive = false;
  state.killing = false;
  state.probing = false;
  state.deadline = now + wait;
  step.notice = Notice{NoticeKind::kExited, std::move(detail), wait};
}

void on_exit(Step& step, const Policy& policy, const Event& event, SteadyTime now, double jitter) {
  State& state = step.state;
  if (state.phase == Phase::kStopping) {
    enter(state, Phase::kStopped, now);
    step.notice = Notice{NoticeKind::kStopped, event.detail, {}};
    state.alive = state.killing = state.probing = false;
    return;
  }
  fail_and_wait(step, policy, event.detail, now, jitter);
}

void on_stop(Step& step, const Policy& policy, SteadyTime now) {
  State& state = step.state;
  if (state.phase == Phase::kStopping || state.phase == Phase::kStopped) {
    return;
  }
  if (!state.alive) {
    enter(state, Phase::kStopped, now);
    step.notice = Notice{NoticeKind::kStopped, {}, {}};
    return;
  }
  enter(state, Phase::kStopping, now);
  state.deadline = now + policy.stop_grace;
  if (!state.killing) {
    step.actions.push_back(Action::kTerminate);
  }
}

void on_probe_ok(Step& step, const Policy& policy, SteadyTime now) {
  State& state = step.state;
  state.probing = false;
  state.bad_probes = 0;
  state.next_probe = now + policy.probe_interval;
  if (state.killing || (state.phase != Phase::kStarting && state.phase != Phase::kUnready)) {
    return;
  }
  step.notice = Notice{NoticeKind::kReady, {}, between(state.since, now)};
  enter(state, Phase::kReady, now);
}

void on_probe_failed(Step& step, const Policy& policy, const Event& event, SteadyTime now) {
  State& state = step.state;
  state.probing = false;
  ++state.bad_probes;
  const bool starting = state.phase == Phase::kStarting;
  state.next_probe = now + (starting ? policy.startup_probe_interval : policy.probe_interval);
  if (state.phase == Phase::kReady && state.bad_probes >= policy.unready_after) {
    // A long good time is forgiven here, because the phase's start is about to be overwritten.
    if (now - state.since >= policy.reset_after) {
      state.failures = 0;
    }
    enter(state, Phase::kUnready, now);
    state.deadline = now + policy.restart_unready_after;
    step.notice = Notice{NoticeKind::kUnready, event.detail, {}};
  }
}

void kill(Step& step, NoticeKind why, SteadyTime now) {
  step.state.killing = true;
  step.actions.push_back(Action::kKill);
  step.notice = Notice{why, {}, between(step.state.since, now)};
}

void on_tick(Step& step, const Policy& policy, SteadyTime now) {
  State& state = step.state;
  if (state.phase == Phase::kBackoff) {
    if (now >= state.deadline) {
      spawn(step, now, policy);
    }
    return;
  }
  if (!state.alive || state.killing) {
    return;
  }
  if (state.phase != Phase::kReady && now >= state.deadline) {
    kill(step,
         state.phase == Phase::kStarting  ? NoticeKind::kStartTimeout
         : state.phase == Phase::kUnready ? NoticeKind::kHung
                                          : NoticeKind::kKilled,
         now);
    return;
  }
  if (state.phase != Phase::kStopping && !state.probing && now >= state.next_probe) {
    state.probing = true;
    step.actions.push_back(Action::kProbe);
  }
}

}  // namespace

std::string_view name(Phase phase) noexcept {
  switch (phase) {
    case Phase::kIdle:
      return "idle";
    case Phase::kStarting:
      return "starting";
    case Phase::kReady:
      return "ready";
    case Phase::kUnready:
      return "not ready";
    case Phase::kBackoff:
      return "waiting to restart";
    case Phase::kStopping:
      return "stopping";
    case Phase::kStopped:
      return "stopped";
  }
  return "unknown";
}

milliseconds backoff(const Policy& policy, std::uint32_t failures) {
  auto wait = policy.backoff_first;
  for (std::uint32_t i = 1; i < failures && wait < policy.backoff_limit; ++i) {
    wait *= 2;
  }
  return std::min(wait, policy.backoff_limit);
}

Step decide(const Policy& policy, const State& state, const Event& event, SteadyTime now,
            double jitter) {
  Step step{state, {}, {}};
  switch (event.kind) {
    case EventKind::kStart:
      if (step.state.phase == Phase::kIdle) {
        spawn(step, now, policy);
        step.notice = Notice{NoticeKind::kStarting, {}, {}};
      }
      break;
    case EventKind::kStop:
      on_stop(step, policy, now);
      break;
    case EventKind::kSpawned:
      step.state.alive = true;
      break;
    case EventKind::kSpawnFailed:
      fail_and_wait(step, policy, event.detail, now, jitter);
      break;
    case EventKind::kExited:
      on_exit(step, policy, event, now, jitter);
      break;
    case EventKind::kProbeOk:
      on_probe_ok(step, policy, now);
      break;
    case EventKind::kProbeFailed:
      on_probe_failed(step, policy, event, now);
      break;
    case EventKind::kTick:
      on_tick(step, policy, now);
      break;
  }
  return step;
}

std::optional<SteadyTime> next_wake(const State& state) {
  switch (state.phase) {
    case Phase::kIdle:
    case Phase::kStopped:
      return std::nullopt;
    case Phase::kBackoff:
      return state.deadline;
    case Phase::kStarting:
    case Phase::kUnready:
      if (!state.alive || state.killing) {
        return std::nullopt;
      }
      return state.probing ? state.deadline : std::min(state.deadline, state.next_probe);
    case Phase::kStopping:
      return state.killing ? std::nullopt : std::optional(state.deadline);
    case Phase::kReady:
      return state.probing || state.killing ? std::nullopt : std::optional(state.next_probe);
  }
  return std::nullopt;
}

}  // namespace penstock::app::supervise
