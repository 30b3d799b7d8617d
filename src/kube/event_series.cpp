#include "kube/event_series.h"

#include <fmt/format.h>

namespace penstock::kube {

EventDecision EventSeries::observe(const EventNote& note, SteadyTime now, std::uint64_t stamp) {
  if (const auto found = series_.find(note); found != series_.end()) {
    Series& series = found->second;
    order_.splice(order_.end(), order_, series.place);
    if (now - series.last < kSeriesEnds) {
      ++series.count;
      series.last = now;
      if (series.count != 2 && now - series.written < kCountWritten) {
        return {EventStep::kNothing, series.count, series.object_name};
      }
      series.written = now;
      return {EventStep::kCount, series.count, series.object_name};
    }
    lost(note);
  }
  if (budgets_.size() > kMostSeries) {
    budgets_.clear();  // forgives everybody; bounded memory matters more
  }
  TokenBucket& budget =
      budgets_.try_emplace(note.uid + note.name, TokenBucket(kPerSecond, kBurst)).first->second;
  TokenBucket after = budget;
  if (after.take(now) > now) {
    return {EventStep::kNothing, 1, {}};
  }
  budget = after;
  while (series_.size() >= kMostSeries) {
    lost(EventNote(*order_.front()));
  }
  const auto added = series_.try_emplace(note).first;
  Series& series = added->second;
  series.object_name = fmt::format("{}.{:x}", note.name, stamp);
  series.last = now;
  series.written = now;
  series.place = order_.insert(order_.end(), &added->first);
  return {EventStep::kCreate, 1, series.object_name};
}

void EventSeries::lost(const EventNote& note) {
  if (const auto found = series_.find(note); found != series_.end()) {
    order_.erase(found->second.place);
    series_.erase(found);
  }
}

}  // namespace penstock::kube
