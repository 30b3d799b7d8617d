#include "scaling/evidence.h"

#include <algorithm>
#include <cmath>

namespace penstock::scaling {
namespace {

/// Keeps the first fault met, which is the one to report.
void note(Fault& worst, Fault fault) {
  if (worst == Fault::kNone) {
    worst = fault;
  }
}

template <class Memory>
Memory& memory_of(std::vector<Memory>& memories, std::uint64_t id, bool& is_new) {
  const auto at = std::ranges::lower_bound(memories, id, {}, &Memory::id);
  is_new = at == memories.end() || at->id != id;
  if (!is_new) {
    return *at;
  }
  Memory fresh;
  fresh.id = id;
  return *memories.insert(at, fresh);
}

/// An age-weighted mean takes a new count.
void learn(FadingRatio& mean, double value, double weight, double keep) {
  if (weight > 0) {
    mean.fade(keep);
    mean.add(value, weight);
  }
}

double keep_after(SteadyTime before, SteadyTime now, Seconds memory) {
  return std::exp(-std::max(Seconds(now - before).count(), 0.0) / memory.count());
}

// --- Gateways ---

struct DemandDelta {
  double calls = 0;
  double prompts = 0;
  double completed = 0;
  double outputs = 0;
};

void take_news(State& state, const GatewayReport& report, SteadyTime told, DemandDelta& delta) {
  for (const DemandSample& sample : report.news) {
    if (sample.start < told) {
      continue;  // told before
    }
    const double calls = sample.calls + sample.spilled_calls;
    const double prompts = sample.prompt_tokens + sample.spilled_prompt_tokens;
    double squares = sample.prompt_tokens_squared;
    if (squares > 0 && sample.spilled_calls > 0) {
      squares += sample.spilled_prompt_tokens * sample.spilled_prompt_tokens / sample.spilled_calls;
    }
    const bool expected = sample.expected_output_tokens > 0;
    state.demand.add(
        sample.start, sample.span,
        {.calls = static_cast<float>(calls),
         .prompt_tokens = static_cast<float>(prompts),
         .prompt_tokens_squared = static_cast<float>(squares),
         .expected_output_tokens = static_cast<float>(sample.expected_output_tokens),
         .calls_with_expectation = expected ? static_cast<float>(sample.calls) : 0.0F});
    delta.calls += calls;
    delta.prompts += prompts;
    delta.completed += sample.completed_calls;
    delta.outputs += sample.completed_output_tokens;
  }
}

void forget_gone_gateways(State& state, const Observation& seen) {
  std::erase_if(state.gateways, [&seen](const GatewayMemory& memory) {
    return std::ranges::none_of(seen.gateways,
                                [&memory](const GatewayReport& r) { return r.id == memory.id; });
  });
}

/// Some gateways have told more of the second in which `end` lies than up to there: the share of it
/// that lies before, as if all were called alike.
double told_by(const State& state, SteadyTime end) {
  const auto second = std::chrono::floor<std::chrono::seconds>(end);
  Seconds told{0};
  Seconds before{0};
  for (const GatewayMemory& memory : state.gateways) {
    if (!memory.faulty) {
      told += std::min<SteadyTime>(memory.through, second + std::chrono::seconds(1)) - second;
      before += end - second;
    }
  }
  return told.count() > 0 ? before / told : 1;
}

void absorb_gateways(State& state, const Observation& seen, Evidence& evidence) {
  forget_gone_gateways(state, seen);
  SteadyTime end = SteadyTime::max();
  DemandDelta delta;
  evidence.demand_fault = seen.gateways.empty() ? Fault::kMissing : Fault::kNone;
  for (const GatewayReport& report : seen.gateways) {
    bool is_new = false;
    GatewayMemory& memory = memory_of(state.gateways, report.id, is_new);
    const Fault fault = judge(report, seen.now);
    if (fault != Fault::kNone) {
      note(evidence.demand_fault, fault);
      memory.faulty = true;
      continue;
    }
    take_news(state, report, is_new ? SteadyTime::min() : memory.through, delta);
    if (memory.faulty) {  // what it was asked for meanwhile may be lost
      state.demand_since = std::max(state.demand_since, report.through);
      memory.faulty = false;
    }
    memory.through = is_new ? report.through : std::max(memory.through, report.through);
    end = std::min(end, memory.through);
    evidence.gateway_waiting += report.queued_calls + report.cold_start_calls;
    evidence.demand_known = true;
  }
  const double keep = keep_after(state.last_tick, seen.now, kMixMemory);
  learn(state.mix.prompt, delta.prompts, delta.calls, keep);
  learn(state.mix.output, delta.outputs, delta.completed, keep);
  evidence.called = delta.calls > 0 || evidence.gateway_waiting > 0;
  if (evidence.demand_known) {
    evidence.stable = state.demand.sum(end, kStableSeconds, state.demand_since);
    evidence.burst = state.demand.sum(end, kBurstSeconds, state.demand_since);
    evidence.step = state.demand.last(end, kStepSeconds, state.demand_since, told_by(state, end));
    evidence.calm = state.demand.sum(end - std::chrono::seconds(kStepSeconds),
                                     kStableSeconds - kStepSeconds, state.demand_since);
  }
  evidence.warming_up = evidence.stable.seconds < static_cast<double>(kSeenBeforeShrinking);
}

// --- Pods ---

double grown(const std::optional<double>& before, const std::optional<double>& after) {
  return before && after ? *after - *before : 0;
}

/// Prompt tokens computed in an interval: told, or all minus those found in the prefix cache.
double computed_in(const EngineSample& before, const EngineSample& after) {
  if (before.computed_prompt_tokens && after.computed_prompt_tokens) {
    return grown(before.computed_prompt_tokens, after.computed_prompt_tokens);
  }
  const double all = grown(before.prompt_tokens, after.prompt_tokens);
  return std::max(all - grown(before.prefix_hits, after.prefix_hits), 0.0);
}

/// What all pods' intervals of a tick add up to.
struct PodTotals {
  double prefix_hits = 0;
  double prefix_queries = 0;
  double served_rate = 0;  ///< engine seconds per second
  double usage = 0;
  int usages = 0;
};

void learn_interval(State& state, PodMemory& memory, const EngineSample& after, PodTotals& totals) {
  const EngineSample& before = memory.last;
  const double seconds = Seconds(after.scraped - before.scraped).count();
  const double first = before.running.value_or(0);
  const double last = after.running.value_or(0);
  const EngineInterval interval{
      .seconds = seconds,
      .prefilled = computed_in(before, after),
      .generated = grown(before.generation_tokens, after.generation_tokens),
      .iterations = grown(before.iterations, after.iterations),
      .running = (first + last) / 2,
      .least_running = std::min(first, last)};
  state.capacity.learn(interval);
  memory.prefilled_per_second = interval.prefilled / seconds;
  memory.generated_per_second = interval.generated / seconds;
  memory.preemptions_per_second = grown(before.preemptions, after.preemptions) / seconds;
  totals.prefix_hits += grown(before.prefix_hits, after.prefix_hits);
  totals.prefix_queries += grown(before.prefix_queries, after.prefix_queries);
}

/// The fault of a ready pod's data at this tick, after taking in what can be taken.
Fault absorb_sample(State& state, PodMemory& memory, const PodReport& pod, SteadyTime now,
                    PodTotals& totals) {
  const EngineSample& sample = pod.engine;
  Fault fault = judge(sample, now);
  if (fault != Fault::kNone) {
    const bool just_ready =
        pod.facts.ready_since && now - *pod.facts.ready_since < kFirstScrapeGrace;
    const bool recent = memory.sampled && now - memory.last.scraped <= kEngineStaleAfter;
    const bool absent = fault == Fault::kMissing || fault == Fault::kUnreachable;
    return absent && (just_ready || recent) ? Fault::kNone : fault;
  }
  if (memory.sampled && sample.scraped > memory.last.scraped) {
    fault = judge(memory.last, sample);
    if (fault == Fault::kNone) {
      learn_interval(state, memory, sample, totals);
    } else {
      memory.prefilled_per_second = 0;
      memory.generated_per_second = 0;
      memory.preemptions_per_second = 0;
    }
  }
  if (!memory.sampled || sample.scraped >= memory.last.scraped) {
    memory.last = sample;
    memory.sampled = true;
  }
  return fault;
}

void add_engine(const PodMemory& memory, const EngineTimes& times, Evidence& evidence,
                PodTotals& totals) {
  const EngineSample& sample = memory.last;
  evidence.running += sample.running.value_or(0);
  evidence.engine_waiting += sample.waiting.value_or(0);
  evidence.computed_tokens += memory.prefilled_per_second + memory.generated_per_second;
  evidence.preempting |= memory.preemptions_per_second > 0;
  if (sample.kv_capacity_tokens && *sample.kv_capacity_tokens > 0) {
    evidence.kv_tokens = std::max(evidence.kv_tokens, *sample.kv_capacity_tokens);
  }
  if (sample.kv_usage) {
    totals.usage += *sample.kv_usage;
    ++totals.usages;
  }
  // More than all of an engine's time is a wrong count or a wrong model.
  totals.served_rate += std::min(
      memory.prefilled_per_second * times.prefill + memory.generated_per_second * times.decode,
      1.0);
}

bool is_ready(const PodFacts& facts) {
  return facts.ready_since && !facts.draining;
}

void absorb_life(State& state, PodMemory& memory, bool is_new, const PodFacts& facts,
                 Evidence& evidence) {
  if (facts.draining) {
    return;
  }
  if (!facts.ready_since) {
    memory.starting = true;
    ++evidence.starting;
    evidence.pending = std::max(evidence.pending, facts.pending);
    return;
  }
  if (memory.starting) {  // seen to become ready: its start is a measurement
    state.cold_starts.add(*facts.ready_since - facts.created);
    memory.starting = false;
  } else if (is_new) {
    state.cold_starts.suggest(*facts.ready_since - facts.created);
  }
  ++evidence.ready;
}

void sum_up(const Settings& settings, State& state, const PodTotals& totals, SteadyTime now,
            Evidence& evidence) {
  if (evidence.kv_tokens <= 0) {
    evidence.kv_tokens = settings.prior.limits.kv_tokens;
  }
  if (totals.usages > 0) {
    evidence.kv_seen = evidence.kv_tokens > 0;
    evidence.kv_usage = totals.usage / totals.usages;
    evidence.resident_tokens = evidence.kv_usage * evidence.ready * evidence.kv_tokens;
  }
  learn(state.mix.cached, totals.prefix_hits, totals.prefix_queries,
        keep_after(state.last_tick, now, kMixMemory));
  // Engines that stand still have no backlog left that would overstate what arrives.
  const bool still = totals.served_rate <= 0 && evidence.running <= 0 &&
                     evidence.engine_waiting <= 0 && evidence.engine_fault == Fault::kNone;
  const double fresh =
      1 - keep_after(state.last_tick, now, still ? kServedIdleMemory : kServedMemory);
  state.served_work += fresh * (totals.served_rate - state.served_work);
  state.served_tokens += fresh * (evidence.computed_tokens - state.served_tokens);
}

void absorb_pods(const Settings& settings, State& state, const Observation& seen,
                 Evidence& evidence) {
  for (PodMemory& memory : state.pods) {
    memory.present = false;
  }
  PodTotals totals;
  const EngineTimes times = state.capacity.times();
  for (const PodReport& pod : seen.pods) {
    bool is_new = false;
    PodMemory& memory = memory_of(state.pods, pod.id, is_new);
    memory.present = true;
    absorb_life(state, memory, is_new, pod.facts, evidence);
    if (!is_ready(pod.facts) || !settings.engine_metrics) {
      continue;
    }
    const Fault fault = absorb_sample(state, memory, pod, seen.now, totals);
    memory.faulty = fault != Fault::kNone;
    note(evidence.engine_fault, fault);
    if (!memory.faulty && memory.sampled) {
      add_engine(memory, times, evidence, totals);
    }
  }
  std::erase_if(state.pods, [](const PodMemory& memory) { return !memory.present; });
  sum_up(settings, state, totals, seen.now, evidence);
}

}  // namespace

Evidence absorb(const Settings& settings, State& state, const Observation& seen) {
  const bool gap = !state.started || seen.now - state.last_tick > kTickGap;
  if (gap) {
    // What was wanted and asked for meanwhile is not known: the running number counts as wanted.
    state.wanted.add(seen.now, seen.replicas);
    state.demand_since = seen.now;
    if (!state.started) {
      state.last_tick = seen.now;
      state.last_activity = seen.now;
    }
  }
  state.capacity.set_prior(settings.prior);
  Evidence evidence;
  evidence.seconds = std::max(Seconds(seen.now - state.last_tick).count(), 0.0);
  absorb_gateways(state, seen, evidence);
  absorb_pods(settings, state, seen, evidence);
  state.started = true;
  state.last_tick = seen.now;
  return evidence;
}

}  // namespace penstock::scaling
