#include "gateway/waiting/line.h"

#include <algorithm>

namespace penstock::gateway {

Line::~Line() {
  for_each([](Place& place) { place.line_ = nullptr; });
}

void Line::for_each(const std::function<void(Place&)>& f) {
  for (auto& [priority, level] : levels_) {
    for (auto& [consumer, lane] : level.lanes) {
      for (auto& [ticket, place] : lane.places) {
        f(*place);
      }
    }
  }
}

double Line::cost(const Standing& standing) {
  return static_cast<double>(std::max<std::uint64_t>(standing.work, 1)) /
         std::max(standing.weight, 1U);
}

void Line::join(Place& place) {
  const Standing& standing = place.standing_;
  Level& level = levels_[standing.priority];
  auto found = level.lanes.find(standing.consumer);
  if (found == level.lanes.end()) {
    found = level.lanes.emplace(std::string(standing.consumer), Lane{}).first;
  }
  Lane& lane = found->second;
  if (lane.places.empty()) {
    // Nobody saves up turns by staying away.
    lane.given = std::max(lane.given, level.given);
  }
  if (standing.returning) {
    lane.given -= cost(standing);  // it was given nothing after all
  }
  lane.places.emplace(standing.ticket, &place);
  place.line_ = this;
  ++level.size;
  ++size_;
}

Line::Place* Line::take() {
  if (levels_.empty()) {
    return nullptr;
  }
  const auto level = levels_.begin();
  Lane* next = nullptr;
  for (auto& [consumer, lane] : level->second.lanes) {
    if (lane.places.empty()) {
      continue;
    }
    const bool first =
        next == nullptr || lane.given < next->given ||
        (lane.given == next->given && lane.places.begin()->first < next->places.begin()->first);
    next = first ? &lane : next;
  }
  Place* place = next->places.begin()->second;
  level->second.given = next->given;
  next->given += cost(place->standing_);
  erase(level, *next, *place);
  return place;
}

void Line::remove(Place& place) {
  const auto level = levels_.find(place.standing_.priority);
  erase(level, level->second.lanes.find(place.standing_.consumer)->second, place);
}

void Line::erase(Levels::iterator level, Lane& lane, Place& place) {
  lane.places.erase(place.standing_.ticket);
  place.line_ = nullptr;
  --size_;
  if (--level->second.size == 0) {
    levels_.erase(level);
  }
}

}  // namespace penstock::gateway
