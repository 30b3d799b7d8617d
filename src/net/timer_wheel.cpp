#include "net/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <chrono>

namespace penstock::net {
namespace {

using Tick = std::chrono::duration<std::int64_t, std::milli>;

std::uint64_t ticks_up(SteadyTime::duration since_origin) {
  const auto ticks = std::chrono::ceil<Tick>(since_origin).count();
  return ticks > 0 ? static_cast<std::uint64_t>(ticks) : 0;
}

std::uint64_t ticks_down(SteadyTime::duration since_origin) {
  const auto ticks = std::chrono::floor<Tick>(since_origin).count();
  return ticks > 0 ? static_cast<std::uint64_t>(ticks) : 0;
}

}  // namespace

void TimerWheel::arm(Timer& timer, SteadyTime at) noexcept {
  timer.cancel();
  timer.tick_ = std::max(ticks_up(at - origin_), current_ + 1);
  place(timer);
}

void TimerWheel::place(Timer& timer) noexcept {
  constexpr std::uint64_t kHorizon = (1ULL << (kBits * kLevels)) - 1;
  const std::uint64_t delta = std::min(timer.tick_ - current_, kHorizon);
  const std::uint64_t tick = current_ + delta;
  unsigned level = 0;
  while (level + 1 < kLevels && delta >= (1ULL << (kBits * (level + 1)))) {
    ++level;
  }
  const auto slot = static_cast<unsigned>(tick >> (kBits * level)) & (kSlots - 1);
  levels_[level].slots[slot].push_back(timer);
  levels_[level].occupied |= 1ULL << slot;
}

std::optional<std::uint64_t> TimerWheel::next_tick() const noexcept {
  std::optional<std::uint64_t> best;
  for (unsigned i = 0; i < kLevels; ++i) {
    if (levels_[i].occupied == 0) {
      continue;
    }
    const std::uint64_t position = current_ >> (kBits * i);
    // Bit 0 of the rotated map is the slot after the current one: distances are 1 … 64.
    const auto shift = static_cast<int>((position + 1) & (kSlots - 1));
    const auto distance =
        static_cast<unsigned>(std::countr_zero(std::rotr(levels_[i].occupied, shift))) + 1;
    const std::uint64_t tick = (position + distance) << (kBits * i);
    best = best ? std::min(*best, tick) : tick;
  }
  return best;
}

std::optional<SteadyTime> TimerWheel::next() const noexcept {
  const auto tick = next_tick();
  if (!tick) {
    return std::nullopt;
  }
  return origin_ + Tick(static_cast<std::int64_t>(*tick));
}

void TimerWheel::advance(SteadyTime now) {
  const std::uint64_t target = ticks_down(now - origin_);
  for (auto tick = next_tick(); tick && *tick <= target; tick = next_tick()) {
    process(*tick);
  }
  current_ = std::max(current_, target);
}

void TimerWheel::process(std::uint64_t tick) {
  current_ = tick;
  IntrusiveList<Timer> due;
  for (unsigned i = kLevels; i-- > 0;) {
    if ((tick & ((1ULL << (kBits * i)) - 1)) != 0) {
      continue;  // not at this level's boundary
    }
    Level& level = levels_[i];
    const auto slot = static_cast<unsigned>(tick >> (kBits * i)) & (kSlots - 1);
    level.occupied &= ~(1ULL << slot);
    IntrusiveList<Timer> members;
    members.splice(level.slots[slot]);
    while (Timer* timer = members.pop_front()) {
      if (timer->tick_ <= tick) {
        due.push_back(*timer);
      } else {
        place(*timer);
      }
    }
  }
  while (Timer* timer = due.pop_front()) {
    timer->expired();
  }
}

}  // namespace penstock::net
