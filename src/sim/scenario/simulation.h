#pragma once
// One run: a load, a scenario and an autoscaler on virtual time. Knows the order of events; leaves
// the routing decision to Front (the production picker), the engines to sim/engine_model and the
// replicas to the Scaler.
//
//   PENSTOCK_TRY(outcome, simulate(scenario, perf, *trace, scaler));
//
// Order at one instant: iterations end, then pods become ready, metrics are read and the scaler is
// asked, then calls arrive, then iterations start. The same arguments give the same outcome, to the
// last bit. One thread; memory grows with the calls in flight and the pods, not with the load.

#include "sim/scenario/outcome.h"
#include "sim/scenario/scaler.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/request.h"

namespace penstock::sim {

/// After the load's end the run goes on until every call has ended; accelerators are counted up to
/// the load's end, so that policies are compared over the same time. Errors: those of the trace,
/// and kInvalid for a scenario that makes no sense.
[[nodiscard]] Result<Outcome> simulate(const Scenario& scenario, const PerfModel& perf,
                                       TraceSource& trace, Scaler& scaler);

}  // namespace penstock::sim
