#pragma once
// The scaling rule: from what is known at a tick to how many replicas the workload should run.
// Knows nothing of Kubernetes, clocks or chance; the controller and the simulator run this same
// function.
//
//   const Settings settings = settings_from(spec.scaling, prior);
//   State state;                                   // or restored: state_text.h
//   const Decision d = tick(settings, state, observation);
//   if (d.acts()) … set the workload to d.to …
//
// need = max(offered work ÷ allowed share of a replica's time, resident KV ÷ KV of a replica), see
// engine_time.h. More at once, up to scaleUpLimit a minute; pods that start count as there. Fewer
// only to the most that was needed within scaleDownStabilization, scaleDownLimit a minute, and
// never while data is missing, stale, wrong or too short. An empty state takes the running number
// as wanted, so a restart does not shrink. Details and reasons: docs/scaling.md.
//
// Call it every one to ten seconds. Any two states are independent; one thread per state.
// Cost: a few microseconds plus about 0.2 µs per pod; no allocation once pods and gateways are
// known.

#include "scaling/decision.h"
#include "scaling/settings.h"
#include "scaling/state.h"

namespace penstock::scaling {

/// Never fails: whatever is wrong with the data is in the decision.
[[nodiscard]] Decision tick(const Settings& settings, State& state, const Observation& seen);

}  // namespace penstock::scaling
