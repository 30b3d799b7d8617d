#pragma once
// When an event is written, counted or left out. Pure: now is an argument. Knows nothing of the
// API.
//
// The same news about the same object is one Event object with a count (events.k8s.io series), not
// one per time; and no object gets more than 25 new Events at once and one per five minutes after
// that. Numbers: client-go tools/events and tools/record.

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <tuple>

#include "base/clock.h"
#include "kube/token_bucket.h"

namespace penstock::kube {

enum class EventType { kNormal, kWarning };

/// What happened, to whom.
struct EventNote {
  std::string api_version;
  std::string kind;
  std::string name_space;
  std::string name;
  std::string uid;
  EventType type = EventType::kNormal;
  std::string reason;  ///< CamelCase, why
  std::string action;  ///< CamelCase, what we did
  std::string note;    ///< a sentence for a person
  friend auto operator<=>(const EventNote&, const EventNote&) = default;
};

enum class EventStep { kCreate, kCount, kNothing };

struct EventDecision {
  EventStep step = EventStep::kNothing;
  std::uint64_t count = 1;
  std::string object_name;  ///< of the Event; for kCount the one created before
};

class EventSeries {
 public:
  static constexpr std::chrono::minutes kSeriesEnds{6};    ///< after the last time
  static constexpr std::chrono::minutes kCountWritten{5};  ///< at most that often, after the second
  static constexpr std::size_t kMostSeries = 4096;
  static constexpr int kBurst = 25;
  static constexpr double kPerSecond = 1.0 / 300;

  /// `stamp` makes the name of a new Event unique.
  [[nodiscard]] EventDecision observe(const EventNote& note, SteadyTime now, std::uint64_t stamp);

  /// The Event of this note is not on the server (any more): the next one creates it.
  void lost(const EventNote& note);

 private:
  struct Series {
    std::string object_name;
    std::uint64_t count = 1;
    SteadyTime last{};
    SteadyTime written{};
    std::list<const EventNote*>::iterator place;
  };

  std::map<EventNote, Series> series_;
  std::list<const EventNote*> order_;           // least recently seen first
  std::map<std::string, TokenBucket> budgets_;  // by uid
};

}  // namespace penstock::kube
