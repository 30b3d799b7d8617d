#pragma once
// What a tick's observation and the memory together say: offered load, what engines do, how many
// pods are where, and what of it may be trusted. Knows validation and windows; must not know limits
// per minute, floors or reasons.

#include <cstdint>

#include "scaling/decision.h"
#include "scaling/settings.h"
#include "scaling/state.h"

namespace penstock::scaling {

struct Evidence {
  double seconds = 0;  ///< since the tick before; 0 at the first

  // Demand, by gateways.
  Fault demand_fault = Fault::kNone;  ///< the worst of any gateway; kMissing if there is none
  bool demand_known = false;          ///< at least one gateway can be used
  bool warming_up = true;             ///< too little of the window has been seen to shrink
  DemandSum stable;
  DemandSum burst;
  DemandSum step;              ///< the last two seconds
  DemandSum calm;              ///< what of the stable window lies before them
  double gateway_waiting = 0;  ///< calls queued in gateways, those for a cold start included
  bool called = false;         ///< something arrived or waits

  // Pods and engines.
  std::int32_t ready = 0;
  std::int32_t starting = 0;
  Pending pending = Pending::kNone;
  Fault engine_fault = Fault::kNone;  ///< the worst of any ready pod
  double running = 0;
  double engine_waiting = 0;
  double resident_tokens = 0;  ///< seen
  double kv_tokens = 0;        ///< of one replica: seen, else the prior's
  double kv_usage = 0;         ///< mean of usable ready pods
  bool kv_seen = false;
  double computed_tokens = 0;  ///< per second, by counters
  bool preempting = false;

  [[nodiscard]] double waiting() const { return gateway_waiting + engine_waiting; }
};

/// Takes the observation into the state and says what follows.
[[nodiscard]] Evidence absorb(const Settings& settings, State& state, const Observation& seen);

}  // namespace penstock::scaling
