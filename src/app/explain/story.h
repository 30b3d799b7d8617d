#pragma once
// A ModelDeployment's status and events as one story: what runs, what is wanted, why, and what is
// in the way. Pure; knows the API types, no cluster.

#include <ostream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crd/generated/model_deployment.h"
#include "json/value.h"

namespace penstock::app::explain {

/// One line of news about the object.
struct EventLine {
  WallTime time{};  ///< the last time it was seen
  std::int64_t count = 1;
  bool warning = false;
  std::string reason;
  std::string note;
};

/// From an events.k8s.io/v1 Event.
[[nodiscard]] EventLine read_event(const json::Value& event);

struct Story {
  crd::ModelDeployment object;
  std::vector<EventLine> events;  ///< oldest first
  std::string events_problem;     ///< why there are none, if they could not be read
};

void write_text(std::ostream& out, const Story& story, WallTime now);
void write_json(std::ostream& out, const Story& story);

}  // namespace penstock::app::explain
