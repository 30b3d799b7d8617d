#pragma once
// Many coarse deadlines for little: arm, re-arm and cancel are O(1) and allocate nothing, because
// the timer is a node of its owner. Knows no clock: the owner says what time it is (Loop does;
// tests do by hand).
//
// Resolution is one millisecond: a timer never fires early and at most one tick late (plus how late
// advance() is called). Hierarchical wheel, five levels of 64 slots: 1 ms … 12 days; later
// deadlines are carried over. Source: Varghese & Lauck, "Hashed and hierarchical timing wheels",
// 1987. One thread.

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "net/intrusive_list.h"

namespace penstock::net {

/// Derive, implement expired(). Destroying an armed timer cancels it.
class Timer : public ListNode {
 public:
  [[nodiscard]] bool armed() const noexcept { return linked(); }
  void cancel() noexcept { unlink(); }

  /// Called once per arming, not armed any more; may arm, cancel or destroy any timer, itself
  /// included.
  virtual void expired() = 0;

 protected:
  ~Timer() = default;

 private:
  friend class TimerWheel;
  std::uint64_t tick_ = 0;
};

/// A timer that calls a member function of its owner: `MemberTimer<&Call::timed_out>
/// timer_{*this};`
template <auto Method>
class MemberTimer;
template <class Owner, void (Owner::*Method)()>
class MemberTimer<Method> final : public Timer {
 public:
  explicit MemberTimer(Owner& owner) : owner_(owner) {}
  void expired() override { (owner_.*Method)(); }

 private:
  Owner& owner_;
};

class TimerWheel {
 public:
  explicit TimerWheel(SteadyTime now) : origin_(now) {}

  /// Arms (or moves) a timer. A time in the past fires at the next tick.
  void arm(Timer& timer, SteadyTime at) noexcept;

  /// Fires all timers that are due at `now`, in tick order.
  void advance(SteadyTime now);

  /// When advance() next has something to do; may be early (a cancelled timer), never late.
  [[nodiscard]] std::optional<SteadyTime> next() const noexcept;

 private:
  static constexpr unsigned kBits = 6;
  static constexpr unsigned kSlots = 1U << kBits;
  static constexpr unsigned kLevels = 5;

  struct Level {
    std::uint64_t occupied =
        0;  ///< a bit per slot; may be set for a slot that cancellation has emptied
    std::array<IntrusiveList<Timer>, kSlots> slots;
  };

  void place(Timer& timer) noexcept;
  void process(std::uint64_t tick);
  [[nodiscard]] std::optional<std::uint64_t> next_tick() const noexcept;

  SteadyTime origin_;
  std::uint64_t current_ = 0;
  std::array<Level, kLevels> levels_;
};

}  // namespace penstock::net
