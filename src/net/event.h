#pragma once
// A flag that one coroutine can wait for, and a gate that counts work in flight. One loop's thread.

#include <coroutine>
#include <cstddef>
#include <utility>

#include "net/loop.h"

namespace penstock::net {

/// Latched: set() before wait() is not lost; wait() clears it. One waiter at a time, resumed from
/// the loop.
class Event {
 public:
  explicit Event(Loop& loop) : loop_(loop) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void set() {
    set_ = true;
    if (waiter_) {
      loop_.schedule(std::exchange(waiter_, {}));
    }
  }
  [[nodiscard]] bool is_set() const noexcept { return set_; }

  struct Awaiter {
    Event& event;
    [[nodiscard]] bool await_ready() const noexcept { return event.set_; }
    void await_suspend(std::coroutine_handle<> awaiting) const noexcept {
      event.waiter_ = awaiting;
    }
    void await_resume() const noexcept { event.set_ = false; }
  };
  [[nodiscard]] Awaiter wait() noexcept { return Awaiter{*this}; }

 private:
  Loop& loop_;
  bool set_ = false;
  std::coroutine_handle<> waiter_;
};

/// Counts work in flight so that shutdown can wait for it. Source: Seastar's gate.
class Gate {
 public:
  explicit Gate(Loop& loop) : empty_(loop) {}

  /// False when closed: do not start the work.
  [[nodiscard]] bool enter() noexcept {
    if (closed_) {
      return false;
    }
    ++count_;
    return true;
  }
  void leave() {
    --count_;
    if (closed_ && count_ == 0) {
      empty_.set();
    }
  }
  void close() {
    closed_ = true;
    if (count_ == 0) {
      empty_.set();
    }
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] bool closed() const noexcept { return closed_; }

  /// After close(): resumes when the last has left.
  [[nodiscard]] Event::Awaiter wait() noexcept { return empty_.wait(); }

 private:
  std::size_t count_ = 0;
  bool closed_ = false;
  Event empty_;
};

}  // namespace penstock::net
