#pragma once
// Bounded memories over time: demand per second, the highest recommendation within a window, and
// own changes within the last minute. Know times and numbers; must not know what follows from them.
//
// All are plain values without allocation; visit() walks their content for state_text.h. One
// thread.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "scaling/constants.h"

namespace penstock::scaling {

/// Demand of all gateways in one second. Floats: 24 bits are more than such counts are worth.
struct DemandSecond {
  float calls = 0;  ///< spilled ones included
  float prompt_tokens = 0;
  float prompt_tokens_squared = 0;
  float expected_output_tokens = 0;
  float calls_with_expectation = 0;
};

/// Sums over a stretch of time.
struct DemandSum {
  double seconds = 0;
  double calls = 0;
  double prompt_tokens = 0;
  double prompt_tokens_squared = 0;
  double expected_output_tokens = 0;
  double calls_with_expectation = 0;
};

class DemandWindow {
 public:
  /// Adds counts of a stretch [start, start + span), spread evenly over its seconds. What is older
  /// than the window keeps is dropped.
  void add(SteadyTime start, std::chrono::milliseconds span, const DemandSecond& counts);

  /// Sums over the `seconds` whole seconds before `end`, not reaching back before `since`.
  [[nodiscard]] DemandSum sum(SteadyTime end, std::size_t seconds, SteadyTime since) const;

  /// Sums over just the time before `end`, whole second or not: of the oldest second the part that
  /// belongs, of the newest `told`, the share of what was told of it that lies before `end`.
  /// Nothing while that is less than a second.
  [[nodiscard]] DemandSum last(SteadyTime end, std::size_t seconds, SteadyTime since,
                               double told) const;

  template <class Visitor>
  void visit(Visitor& v) {
    SteadyTime newest{std::chrono::seconds(newest_)};
    v.time(newest);
    newest_ = index_of(newest);
    for (std::size_t back = 0; back < kKeptSeconds; ++back) {  // by age: slots depend on the clock
      DemandSecond& second = ring_[slot_of(newest_ - static_cast<std::int64_t>(back))];
      v.number(second.calls);
      v.number(second.prompt_tokens);
      v.number(second.prompt_tokens_squared);
      v.number(second.expected_output_tokens);
      v.number(second.calls_with_expectation);
    }
  }

 private:
  [[nodiscard]] static std::int64_t index_of(SteadyTime time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  }
  [[nodiscard]] static std::size_t slot_of(std::int64_t index) {
    const auto kept = static_cast<std::int64_t>(kKeptSeconds);
    return static_cast<std::size_t>(((index % kept) + kept) % kept);
  }
  void advance_to(std::int64_t index);
  /// Adds a share of the seconds [first, stop).
  void gather(std::int64_t first, std::int64_t stop, double share, DemandSum& out) const;

  std::int64_t newest_ = 0;  ///< second since the clock's epoch
  std::array<DemandSecond, kKeptSeconds> ring_{};
};

/// The highest value of a window. Exact while at most kWantedKept values matter; then neighbours
/// merge so that the answer is never too low.
class MaxWindow {
 public:
  void add(SteadyTime time, std::int32_t value);
  /// The highest value added at or after `since`; nothing if there is none. Forgets older ones.
  [[nodiscard]] std::optional<std::int32_t> highest(SteadyTime since);
  /// When the value that highest() gives falls out of a window of this length.
  [[nodiscard]] SteadyTime expires(SteadyTime::duration window) const;
  [[nodiscard]] bool empty() const { return count_ == 0; }

  template <class Visitor>
  void visit(Visitor& v) {
    v.integer(count_);
    count_ = count_ > entries_.size() ? 0 : count_;
    for (std::size_t i = 0; i < count_; ++i) {
      v.time(entries_[i].last);
      v.integer(entries_[i].value);
    }
  }

 private:
  struct Entry {
    SteadyTime last{};  ///< when it was wanted last
    std::int32_t value = 0;
  };
  void drop_front(std::size_t entries);
  std::array<Entry, kWantedKept> entries_{};  ///< older and higher first
  std::size_t count_ = 0;
};

/// Own changes of the number of replicas, for the limits per minute.
class ChangeLog {
 public:
  void add(SteadyTime time, std::int32_t delta);
  /// The last change was not made after all.
  void take_back(std::int32_t delta);
  /// Replicas added (positive deltas) or removed in the minute before `now`.
  [[nodiscard]] std::int32_t added(SteadyTime now) const;
  [[nodiscard]] std::int32_t removed(SteadyTime now) const;
  /// When the oldest change of that minute in this direction leaves it; `now` if there is none.
  [[nodiscard]] SteadyTime eases(SteadyTime now, bool up) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v.integer(count_);
    count_ = count_ > entries_.size() ? 0 : count_;
    for (std::size_t i = 0; i < count_; ++i) {
      v.time(entries_[i].time);
      v.integer(entries_[i].delta);
    }
  }

 private:
  struct Entry {
    SteadyTime time{};
    std::int32_t delta = 0;
  };
  std::array<Entry, kChangesKept> entries_{};  ///< oldest first
  std::size_t count_ = 0;
};

/// A mean that forgets with a time constant, by weight: Σ value ÷ Σ weight.
struct FadingRatio {
  double value = 0;
  double weight = 0;

  void fade(double keep) {
    value *= keep;
    weight *= keep;
  }
  void add(double v, double w) {
    value += v;
    weight += w;
  }
  [[nodiscard]] double ratio(double otherwise) const {
    return weight > 0 ? value / weight : otherwise;
  }

  template <class Visitor>
  void visit(Visitor& v) {
    v.number(value);
    v.number(weight);
  }
};

}  // namespace penstock::scaling
