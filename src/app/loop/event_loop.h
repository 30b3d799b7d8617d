#pragma once
// The main thread of standalone: file descriptors, timers, nothing else. Knows nothing of
// processes, manifests or HTTP. One thread owns a loop and everything that is registered with it;
// nothing here locks. (The gateway's cores have their own loops in net/; a supervisor needs only
// epoll and no coroutines.)

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "base/clock.h"
#include "base/result.h"

namespace penstock::app {

class EventLoop {
 public:
  using Callback = std::function<void(std::uint32_t events)>;  ///< events: EPOLLIN, EPOLLHUP …
  using TimerId = std::uint64_t;

  /// Error kUnavailable when the process has no descriptor left.
  static Result<std::unique_ptr<EventLoop>> create(const Clock& clock);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Calls `callback` whenever one of `events` holds on `fd`, which stays the caller's and must be
  /// unwatched before it is closed.
  [[nodiscard]] Result<> watch(int fd, std::uint32_t events, Callback callback);
  void rewatch(int fd, std::uint32_t events);
  void unwatch(int fd);

  /// Once, at or after `when`. 0 is never a TimerId.
  TimerId call_at(SteadyTime when, std::function<void()> callback);
  void cancel(TimerId id);

  /// Until stop(). Callbacks may register, unregister and stop.
  void run();
  /// One wait of at most `limit` and its callbacks: for tests that drive the loop themselves.
  void run_once(std::chrono::milliseconds limit);
  void stop() { stopped_ = true; }

  [[nodiscard]] SteadyTime now() const { return clock_->now(); }

 private:
  EventLoop(const Clock& clock, int epoll_fd) : clock_(&clock), epoll_fd_(epoll_fd) {}
  void run_due_timers();
  [[nodiscard]] int wait_milliseconds(std::chrono::milliseconds limit) const;

  struct Watch {
    std::uint32_t
        generation;  ///< tells a late event of a closed descriptor from one of its successor
    Callback callback;
  };
  struct Timer {
    TimerId id;
    std::function<void()> callback;
  };

  const Clock* clock_;
  int epoll_fd_;
  bool stopped_ = false;
  TimerId last_timer_ = 0;
  std::uint32_t last_generation_ = 0;
  std::map<int, std::shared_ptr<Watch>> watches_;
  std::multimap<SteadyTime, Timer> timers_;
};

}  // namespace penstock::app
