#pragma once
// One event loop per core: everything that runs on it is single-threaded. Knows sockets only
// through its implementation (epoll, in poller.cpp). Linux only.
//
// Thread: post() and stop() from any; all else only from the loop's own thread, or before run().
// Lifetime: the loop outlives everything that was given a reference to it.

#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "net/task.h"
#include "net/timer_wheel.h"

namespace penstock::net {

class Loop {
 public:
  /// With the system clock, timers fire by themselves. With another clock (tests) they fire in
  /// fire_timers().
  explicit Loop(const Clock& clock = system_clock());
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop(). What was posted before is done first.
  void run();
  /// Runs what is ready (I/O included) without waiting; for tests.
  void poll();
  /// Runs until `done` is true, waiting for I/O as needed; for tests and for main threads.
  void run_until(const std::function<bool()>& done);
  void stop();

  void post(std::move_only_function<void()> work);
  /// Resumes a coroutine from the loop soon, not now: breaks recursion. No allocation in steady
  /// state.
  void schedule(std::coroutine_handle<> coroutine);

  [[nodiscard]] SteadyTime now() const { return clock_.now(); }
  [[nodiscard]] const Clock& clock() const { return clock_; }

  /// Arms `timer` to fire `after` from now (see TimerWheel for resolution).
  void arm(Timer& timer, SteadyTime::duration after) { arm_at(timer, now() + after); }
  void arm_at(Timer& timer, SteadyTime at);
  void fire_timers();

  class Sleep;
  /// `co_await loop.sleep(50ms);` to the wheel's resolution.
  [[nodiscard]] Sleep sleep(SteadyTime::duration duration);

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  void turn();
  [[nodiscard]] int wait_ms() const;

  const Clock& clock_;
  bool real_time_;
  SteadyTime turned_at_;
  TimerWheel wheel_;
  std::shared_ptr<Impl> impl_;  ///< shared with name lookups under way on other threads
};

class [[nodiscard]] Loop::Sleep final : public Timer {
 public:
  Sleep(Loop& loop, SteadyTime::duration duration) : loop_(loop), duration_(duration) {}
  [[nodiscard]] bool await_ready() const noexcept {
    return duration_ <= SteadyTime::duration::zero();
  }
  void await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    loop_.arm(*this, duration_);
  }
  void await_resume() const noexcept {}
  void expired() override { awaiting_.resume(); }

 private:
  Loop& loop_;
  SteadyTime::duration duration_;
  std::coroutine_handle<> awaiting_;
};

inline Loop::Sleep Loop::sleep(SteadyTime::duration duration) {
  return {*this, duration};
}

/// `count` loops, each on a thread of its own between start() and stop().
class LoopGroup {
 public:
  explicit LoopGroup(std::size_t count);
  ~LoopGroup();

  void start();
  /// Stops every loop and joins its thread. Drain servers first.
  void stop();

  [[nodiscard]] std::size_t size() const { return loops_.size(); }
  [[nodiscard]] Loop& operator[](std::size_t index) { return *loops_[index]; }
  /// Runs `work` on every loop's thread and waits until all have returned. Not from a loop's
  /// thread.
  void for_each(const std::function<void(Loop&, std::size_t index)>& work);

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace penstock::net
