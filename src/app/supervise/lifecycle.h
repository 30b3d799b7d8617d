#pragma once
// What to do with one child process: a pure state machine. Knows nothing of processes, sockets or
// clocks: the supervisor feeds it what happened and carries out the actions that it answers with.
//
//   Idle ─start─▶ Starting ─probe ok─▶ Ready ⇄ Unready          any ─stop─▶ Stopping ─exit─▶
//   Stopped
//                    ▲  └─────exit, deadline─────┘ └─▶ Backoff ─┐
//                    └──────────────────────────────────────────┘

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace penstock::app::supervise {

struct Policy {
  std::chrono::milliseconds startup_deadline{120'000};  ///< start to the first good answer
  std::chrono::milliseconds startup_probe_interval{50};
  std::chrono::milliseconds probe_interval{2'000};
  std::uint32_t unready_after = 3;  ///< bad probes in a row
  std::chrono::milliseconds restart_unready_after{60'000};
  std::chrono::milliseconds backoff_first{100};  ///< doubles with each failure in a row
  std::chrono::milliseconds backoff_limit{30'000};
  std::chrono::milliseconds reset_after{
      30'000};  ///< ready for so long: the next failure is a first one
  std::chrono::milliseconds stop_grace{10'000};  ///< SIGTERM to SIGKILL
};

enum class Phase { kIdle, kStarting, kReady, kUnready, kBackoff, kStopping, kStopped };

[[nodiscard]] std::string_view name(Phase phase) noexcept;

struct State {
  Phase phase = Phase::kIdle;
  bool alive = false;    ///< there is a process
  bool killing = false;  ///< SIGKILL was sent and its exit is awaited
  bool probing = false;  ///< a probe is under way: its answer comes as an event
  SteadyTime since{};    ///< start of the phase
  SteadyTime next_probe{};
  SteadyTime
      deadline{};  ///< Starting: give up; Unready: restart; Backoff: start again; Stopping: kill
  std::uint32_t bad_probes = 0;
  std::uint32_t failures = 0;  ///< in a row
  std::uint32_t restarts = 0;  ///< in all
};

enum class EventKind {
  kStart,        ///< it shall run
  kStop,         ///< it shall not
  kSpawned,      ///< the action kSpawn succeeded
  kSpawnFailed,  ///< it did not: `detail` says why
  kExited,       ///< the process is gone: `detail` says how
  kProbeOk,
  kProbeFailed,
  kTick,  ///< time passed
};

struct Event {
  EventKind kind = EventKind::kTick;
  std::string detail;
};

enum class Action { kSpawn, kProbe, kTerminate, kKill };

/// What a person should be told.
enum class NoticeKind {
  kStarting,
  kReady,
  kUnready,
  kExited,
  kStartTimeout,
  kHung,
  kStopped,
  kKilled
};

struct Notice {
  NoticeKind kind = NoticeKind::kStarting;
  std::string detail;
  std::chrono::milliseconds after{0};  ///< kReady: since the start; kExited: until the next start
};

struct Step {
  State state;
  std::vector<Action> actions;
  std::optional<Notice> notice;
};

/// `jitter` in [0, 1) spreads restarts by up to a tenth so that replicas do not come back in step.
[[nodiscard]] Step decide(const Policy& policy, const State& state, const Event& event,
                          SteadyTime now, double jitter);

/// When the next kTick matters; absent when only an event can change anything.
[[nodiscard]] std::optional<SteadyTime> next_wake(const State& state);

/// The wait before the n-th start in a row that follows a failure, n from 1, without jitter.
[[nodiscard]] std::chrono::milliseconds backoff(const Policy& policy, std::uint32_t failures);

}  // namespace penstock::app::supervise
