#include "scaling/windows.h"

#include <algorithm>

namespace penstock::scaling {
namespace {

constexpr std::chrono::minutes kMinute{1};

/// The first second that begins at that time or later.
std::int64_t whole(SteadyTime time) {
  return std::chrono::ceil<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

void DemandWindow::advance_to(std::int64_t index) {
  if (index <= newest_) {
    return;
  }
  const auto kept = static_cast<std::int64_t>(kKeptSeconds);
  const std::int64_t clear = std::min(index - newest_, kept);
  for (std::int64_t i = 0; i < clear; ++i) {
    ring_[slot_of(index - i)] = {};
  }
  newest_ = index;
}

void DemandWindow::add(SteadyTime start, std::chrono::milliseconds span,
                       const DemandSecond& counts) {
  const std::int64_t first = index_of(start);
  const std::int64_t last = std::max(first, index_of(start + span - std::chrono::nanoseconds(1)));
  advance_to(last);
  const auto part = 1.0F / static_cast<float>(last - first + 1);
  const std::int64_t oldest = newest_ - static_cast<std::int64_t>(kKeptSeconds) + 1;
  for (std::int64_t i = std::max(first, oldest); i <= last; ++i) {
    DemandSecond& second = ring_[slot_of(i)];
    second.calls += counts.calls * part;
    second.prompt_tokens += counts.prompt_tokens * part;
    second.prompt_tokens_squared += counts.prompt_tokens_squared * part;
    second.expected_output_tokens += counts.expected_output_tokens * part;
    second.calls_with_expectation += counts.calls_with_expectation * part;
  }
}

void DemandWindow::gather(std::int64_t first, std::int64_t stop, double share,
                          DemandSum& out) const {
  const std::int64_t oldest = newest_ - static_cast<std::int64_t>(kKeptSeconds) + 1;
  for (std::int64_t i = std::max(first, oldest); i < stop && i <= newest_; ++i) {
    const DemandSecond& second = ring_[slot_of(i)];
    out.calls += share * static_cast<double>(second.calls);
    out.prompt_tokens += share * static_cast<double>(second.prompt_tokens);
    out.prompt_tokens_squared += share * static_cast<double>(second.prompt_tokens_squared);
    out.expected_output_tokens += share * static_cast<double>(second.expected_output_tokens);
    out.calls_with_expectation += share * static_cast<double>(second.calls_with_expectation);
  }
}

DemandSum DemandWindow::sum(SteadyTime end, std::size_t seconds, SteadyTime since) const {
  const std::int64_t stop = index_of(end);
  const std::int64_t first = std::max(stop - static_cast<std::int64_t>(seconds), whole(since));
  DemandSum out;
  if (first >= stop) {
    return out;
  }
  out.seconds = static_cast<double>(stop - first);
  gather(first, stop, 1, out);
  return out;
}

DemandSum DemandWindow::last(SteadyTime end, std::size_t seconds, SteadyTime since,
                             double told) const {
  const SteadyTime begin =
      std::max(end - std::chrono::seconds(seconds), SteadyTime(std::chrono::seconds(whole(since))));
  DemandSum out;
  if (end - begin < std::chrono::seconds(1)) {
    return out;
  }
  out.seconds = Seconds(end - begin).count();
  const std::int64_t first = index_of(begin);
  const Seconds before = begin.time_since_epoch() - std::chrono::seconds(first);
  gather(first, first + 1, 1 - before.count(), out);
  gather(first + 1, index_of(end), 1, out);
  gather(index_of(end), whole(end), told, out);
  return out;
}

void MaxWindow::drop_front(std::size_t entries) {
  std::move(entries_.begin() + static_cast<std::ptrdiff_t>(entries),
            entries_.begin() + static_cast<std::ptrdiff_t>(count_), entries_.begin());
  count_ -= entries;
}

void MaxWindow::add(SteadyTime time, std::int32_t value) {
  while (count_ > 0 && entries_[count_ - 1].value <= value) {
    --count_;
  }
  if (count_ == entries_.size()) {
    // The oldest two become one: the higher value for as long as the later one would last.
    entries_[1].value = entries_[0].value;
    drop_front(1);
  }
  entries_[count_++] = {time, value};
}

std::optional<std::int32_t> MaxWindow::highest(SteadyTime since) {
  std::size_t old = 0;
  while (old < count_ && entries_[old].last < since) {
    ++old;
  }
  if (old > 0) {
    drop_front(old);
  }
  return count_ == 0 ? std::nullopt : std::optional(entries_[0].value);
}

SteadyTime MaxWindow::expires(SteadyTime::duration window) const {
  return count_ == 0 ? SteadyTime{} : entries_[0].last + window;
}

void ChangeLog::add(SteadyTime time, std::int32_t delta) {
  std::size_t old = 0;
  while (old < count_ && entries_[old].time <= time - kMinute) {
    ++old;
  }
  std::move(entries_.begin() + static_cast<std::ptrdiff_t>(old),
            entries_.begin() + static_cast<std::ptrdiff_t>(count_), entries_.begin());
  count_ -= old;
  if (count_ == entries_.size()) {  // ticks faster than one a second: the last two count as one
    entries_[count_ - 1].delta += delta;
    entries_[count_ - 1].time = time;
    return;
  }
  entries_[count_++] = {time, delta};
}

void ChangeLog::take_back(std::int32_t delta) {
  if (count_ > 0) {
    entries_[count_ - 1].delta -= delta;
  }
}

std::int32_t ChangeLog::added(SteadyTime now) const {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (entries_[i].time > now - kMinute) {
      sum += std::max(entries_[i].delta, 0);
    }
  }
  return sum;
}

std::int32_t ChangeLog::removed(SteadyTime now) const {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (entries_[i].time > now - kMinute) {
      sum += std::max(-entries_[i].delta, 0);
    }
  }
  return sum;
}

SteadyTime ChangeLog::eases(SteadyTime now, bool up) const {
  for (std::size_t i = 0; i < count_; ++i) {
    const bool same_way = up ? entries_[i].delta > 0 : entries_[i].delta < 0;
    if (same_way && entries_[i].time > now - kMinute) {
      return entries_[i].time + kMinute;
    }
  }
  return now;
}

}  // namespace penstock::scaling
