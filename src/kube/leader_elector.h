#pragma once
// One of several replicas leads. Knows Leases and time; knows nothing of what a leader does.
//
// A leader may act until `renew_deadline` after its last successful renewal was *sent*, counted on
// a clock that goes on while the machine is paused; others may take over `duration` after they last
// saw the record change. Between the two lies the time for writes on their way to arrive. There is
// no fencing: what a leader writes must be safe when written twice (server-side apply is).
//
//   while (elector.acquire(stop)) {
//     start work, with a gate on elector.check() before each write;
//     elector.hold(stop);          // returns when lost or stopped
//     stop work, wait for its end;
//     elector.release();           // only after the work has ended
//   }

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/random.h"
#include "base/wait.h"
#include "kube/client.h"
#include "kube/lease_record.h"

namespace penstock::kube {

struct ElectionOptions {
  ObjectKey lease{};
  std::string identity{};  ///< unique per process: "pod-name_random"
  std::chrono::milliseconds duration{15'000};
  std::chrono::milliseconds renew_deadline{10'000};
  std::chrono::milliseconds retry_period{2'000};
  std::chrono::milliseconds follow_period{500};  ///< how often a follower looks
  std::uint64_t seed = 1;
};

/// Error kInvalid unless duration > renew_deadline > 1.2 · retry_period.
[[nodiscard]] Result<> check_election(const ElectionOptions& options);

class LeaderElector {
 public:
  /// `client`: a connection of its own, with a short deadline and without retries. `boot`: the
  /// clock that leadership is judged by (boot_clock()). Both, and `waiter`, must outlive this.
  LeaderElector(Client& client, const Waiter& waiter, const Clock& boot, ElectionOptions options);

  /// Blocks until we lead. False: stopped.
  bool acquire(std::stop_token stop);
  /// Renews until it is lost or stopped. False: lost.
  bool hold(std::stop_token stop);
  /// Blocks until leadership has run out or `stop`. For a thread of its own, so that work ends in
  /// time even while hold() waits for an answer.
  void wait_lost(std::stop_token stop) const;
  /// Gives it up for the others to take at once. Does nothing when it is not ours any more.
  void release();

  /// Any thread, any time; cheap.
  [[nodiscard]] bool leading() const;
  /// leading() as a gate before writes: kUnavailable when not.
  [[nodiscard]] Result<> check() const;
  /// Who leads as far as we know; empty: nobody.
  [[nodiscard]] std::string leader() const;
  /// Grows with every change of leader: a number to stamp outside effects with.
  [[nodiscard]] std::int64_t term() const;

 private:
  enum class Try { kOurs, kTheirs, kFailed };
  Try try_once(const std::stop_token& stop);
  Try write(LeaseRecord record, const std::stop_token& stop);
  void see(const Object& lease, SteadyTime at);

  Client& client_;
  const Waiter& waiter_;
  const Clock& boot_;
  const ElectionOptions options_;
  Random random_;
  LeaseView view_;                               // only the electing thread
  std::atomic<SteadyTime::rep> valid_until_{0};  // on boot_
  mutable std::mutex mutex_;
  LeaseRecord shown_;  // guarded by mutex_: for leader() and term()
};

}  // namespace penstock::kube
