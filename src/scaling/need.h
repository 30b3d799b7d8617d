#pragma once
// From evidence to how many replicas are needed, before anybody's limits. Knows the mix of calls
// and the learnt capacity; must not know how many run, floors, ceilings or time windows.

#include "scaling/decision.h"
#include "scaling/evidence.h"

namespace penstock::scaling {

struct Assessment {
  double need = 0;  ///< replicas, real
  Rule rule = Rule::kNone;
  double output_tokens_per_call = 0;
  bool unreachable = false;
  Readings readings;
};

/// Also teaches the state what follows from demand and engines together (KV correction, trend).
[[nodiscard]] Assessment assess(const Settings& settings, State& state, const Evidence& evidence,
                                SteadyTime now);

}  // namespace penstock::scaling
