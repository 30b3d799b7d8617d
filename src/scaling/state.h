#pragma once
// All that the rule remembers of one ModelDeployment between ticks. A plain value: copying it saves
// it, state_text.h writes it down for another process. Knows nothing that cannot be lost: an empty
// state only makes the rule more careful (policy.h).

#include <cstdint>
#include <optional>
#include <vector>

#include "scaling/capacity.h"
#include "scaling/cold_start.h"
#include "scaling/forecast.h"
#include "scaling/signals.h"
#include "scaling/windows.h"

namespace penstock::scaling {

struct GatewayMemory {
  GatewayId id = 0;
  SteadyTime through{};
  bool faulty = false;  ///< at the last tick

  template <class Visitor>
  void visit(Visitor& v) {
    v.integer(id);
    v.time(through);
    v.flag(faulty);
  }
};

struct PodMemory {
  PodId id = 0;
  EngineSample last;                ///< the last good one
  bool sampled = false;             ///< `last` holds one
  bool starting = false;            ///< was seen before it was ready
  bool faulty = false;              ///< its newest data cannot be used
  bool present = false;             ///< scratch of a tick
  double prefilled_per_second = 0;  ///< in its last good interval
  double generated_per_second = 0;
  double preemptions_per_second = 0;

  template <class Visitor>
  void visit(Visitor& v) {
    v.integer(id);
    v.flag(sampled);
    v.flag(starting);
    v.flag(faulty);
    v.number(prefilled_per_second);
    v.number(generated_per_second);
    v.number(preemptions_per_second);
    v.time(last.scraped);
    last.fault = sampled ? Fault::kNone : Fault::kMissing;
    for (auto* total :
         {&last.prompt_tokens, &last.computed_prompt_tokens, &last.generation_tokens,
          &last.prefix_queries, &last.prefix_hits, &last.preemptions, &last.iterations,
          &last.running, &last.waiting, &last.kv_usage, &last.kv_capacity_tokens}) {
      v.optional(*total);
    }
  }
};

/// Learnt means of the calls themselves.
struct Mix {
  FadingRatio prompt;         ///< tokens per call
  FadingRatio output;         ///< tokens per completed call
  FadingRatio cached;         ///< prompt tokens found ÷ looked up
  FadingRatio kv_correction;  ///< resident KV seen ÷ predicted

  template <class Visitor>
  void visit(Visitor& v) {
    prompt.visit(v);
    output.visit(v);
    cached.visit(v);
    kv_correction.visit(v);
  }
};

struct State {
  bool started = false;  ///< false: empty
  SteadyTime last_tick{};
  SteadyTime demand_since{};   ///< demand is complete from here on
  SteadyTime last_activity{};  ///< a call, a running sequence, or data that cannot tell
  std::optional<SteadyTime> saturated_since{};
  SteadyTime last_growth{};
  bool decided = false;
  std::int32_t last_from = 0;  ///< of the last decision, if decided
  std::int32_t last_to = 0;
  double shortfall = 1;      ///< what the capacity model was found short by
  double served_work = 0;    ///< smoothed engine seconds per second
  double served_tokens = 0;  ///< smoothed tokens per second, cached ones excluded
  DemandWindow demand;
  MaxWindow wanted;
  ChangeLog changes;
  CapacityLearner capacity;
  ColdStarts cold_starts;
  Forecast forecast;
  GrowthWithinStart growth;
  Mix mix;
  std::vector<GatewayMemory> gateways;  ///< by id
  std::vector<PodMemory> pods;          ///< by id

  /// What is worth keeping for long: small, and enough not to forget what was learnt and wanted.
  template <class Visitor>
  void visit_lasting(Visitor& v) {
    v.flag(started);
    v.time(last_tick);
    v.time(last_activity);
    v.time(last_growth);
    v.flag(decided);
    v.integer(last_from);
    v.integer(last_to);
    v.number(shortfall);
    wanted.visit(v);
    changes.visit(v);
    capacity.visit(v);
    cold_starts.visit(v);
    forecast.visit(v);
    growth.visit_lasting(v);
    mix.visit(v);
  }

  /// The rest: what the next minute of ticks would bring back by itself.
  template <class Visitor>
  void visit_recent(Visitor& v) {
    v.time(demand_since);
    v.optional_time(saturated_since);
    v.number(served_work);
    v.number(served_tokens);
    demand.visit(v);
    growth.visit_recent(v);
    v.sequence(gateways, kMostGateways);
    v.sequence(pods, kMostPods);
  }
};

}  // namespace penstock::scaling
