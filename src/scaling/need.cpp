#include "scaling/need.h"

#include <algorithm>
#include <cmath>

namespace penstock::scaling {
namespace {

/// What a call of this deployment is like, as learnt.
struct CallMix {
  double prompt = 0;
  double output = 0;
  double cached_share = 0;
};

CallMix mix_of(const State& state, const DemandSum& stable) {
  const FadingRatio& output = state.mix.output;
  CallMix mix;
  mix.prompt = stable.calls > 0 ? stable.prompt_tokens / stable.calls
                                : state.mix.prompt.ratio(kPriorPromptTokens);
  mix.output =
      (output.value + kPriorOutputCalls * kPriorOutputTokens) / (output.weight + kPriorOutputCalls);
  if (stable.calls > 0 && stable.calls_with_expectation * 2 >= stable.calls) {
    mix.output = stable.expected_output_tokens / stable.calls_with_expectation;
  }
  mix.cached_share = std::clamp(state.mix.cached.ratio(0), 0.0, 1.0);
  return mix;
}

/// Mean load of a window, as if only `believed` of its calls had come, plus calls that wait.
Load load_of(const DemandSum& sum, double believed, double extra_calls, const CallMix& mix) {
  const double per_second = sum.seconds > 0 ? believed / sum.seconds : 0;
  Load load;
  load.calls = sum.calls * per_second + extra_calls;
  load.prompt_tokens = sum.prompt_tokens * per_second + extra_calls * mix.prompt;
  load.prompt_tokens_squared = sum.prompt_tokens_squared * per_second;
  if (load.prompt_tokens_squared > 0) {
    load.prompt_tokens_squared += extra_calls * mix.prompt * mix.prompt * (1 + kLengthVariation);
  }
  load.uncached_tokens = load.prompt_tokens * (1 - mix.cached_share);
  load.output_tokens = load.calls * mix.output;
  return load;
}

/// The share of a short window's calls that noise of so many deviations cannot explain.
double beyond_noise(const DemandSum& sum, double deviations = kBurstNoise) {
  if (sum.calls <= 0) {
    return 0;
  }
  const double deviation = std::sqrt(kDispersion * (1 + kLengthVariation) / sum.calls);
  return std::max(0.0, 1 - deviations * deviation);
}

/// The same of the last two seconds: nothing, unless they stand out from the stable window. One
/// that is young is taken as if it had been like this for all its length, else a step would hide
/// itself.
double beyond_stable(const Evidence& evidence) {
  const DemandSum& step = evidence.step;
  DemandSum stable = evidence.stable;
  if (step.seconds <= 0 || stable.seconds <= 0) {
    return 0;
  }
  if (evidence.calm.seconds >= kStepCalmSeconds) {
    stable.seconds = kStableSeconds;
    stable.calls = step.calls + evidence.calm.calls / evidence.calm.seconds *
                                    (static_cast<double>(kStableSeconds) - step.seconds);
  }
  const double expected = std::max(1.0, stable.calls * step.seconds / stable.seconds);
  const double deviation = std::sqrt(kDispersion * (1 + kLengthVariation) * expected);
  return step.calls - expected > kStepNoise * deviation ? beyond_noise(step, kStepMargin) : 0;
}

Load scaled(Load load, double factor) {
  load.calls *= factor;
  load.prompt_tokens *= factor;
  load.uncached_tokens *= factor;
  load.output_tokens *= factor;
  load.prompt_tokens_squared *= factor;
  return load;
}

/// How many replicas a load needs, by the fixed target or by what was learnt.
class Capacity {
 public:
  Capacity(const Settings& settings, const State& state, const Evidence& evidence)
      : settings_(settings), times_(state.capacity.times()), limits_(settings.prior.limits) {
    limits_.kv_tokens = evidence.kv_tokens;
    kv_correction_ =
        std::clamp(state.mix.kv_correction.ratio(1), 1 / kMostKvCorrection, kMostKvCorrection);
    shortfall_ = state.shortfall;
  }

  [[nodiscard]] Need need(const Load& load) const {
    Need need = replicas_for(load, times_, limits_, settings_.objectives, kv_correction_);
    if (fixed()) {
      need.replicas = (load.prompt_tokens + load.output_tokens) / fixed_capacity();
      need.rule = need.replicas > 0 ? Rule::kFixedTarget : Rule::kNone;
      return need;
    }
    need.replicas *= shortfall_;
    return need;
  }

  [[nodiscard]] bool fixed() const { return settings_.fixed_tokens_per_second > 0; }
  [[nodiscard]] double fixed_capacity() const {
    return settings_.fixed_tokens_per_second * settings_.objectives.target_share;
  }

  /// By what engines were seen to serve.
  [[nodiscard]] double need_for_served(const State& state, bool generates) const {
    if (fixed()) {
      return state.served_tokens / fixed_capacity();
    }
    return state.served_work / (allowed_share(times_, settings_.objectives, generates) *
                                settings_.objectives.target_share);
  }

  /// By what engines were seen to hold.
  [[nodiscard]] double need_for_held(double tokens, double tokens_per_call) const {
    return fixed() ? 0 : replicas_for_kv(tokens, tokens_per_call, limits_, settings_.objectives);
  }

  /// Tokens per second that one of about `replicas` carries at this mix. 0 without a load.
  [[nodiscard]] double tokens_per_replica(const Load& load, double replicas) const {
    if (fixed()) {
      return settings_.fixed_tokens_per_second;
    }
    if (load.calls <= 0) {
      return 0;
    }
    const double first = need(load).replicas;
    const Load alike = scaled(load, std::max(replicas, 1.0) / std::max(first, 1e-6));
    return (alike.prompt_tokens + alike.output_tokens) / std::max(need(alike).replicas, 1e-6);
  }

  [[nodiscard]] const EngineTimes& times() const { return times_; }

 private:
  const Settings& settings_;
  EngineTimes times_;
  ReplicaLimits limits_;
  double kv_correction_ = 1;
  double shortfall_ = 1;
};

void take(Assessment& out, double replicas, Rule rule) {
  if (replicas > out.need) {
    out.need = replicas;
    out.rule = rule;
  }
}

/// Where engines have room, what they hold against what the model says they hold.
void learn_kv(State& state, const Evidence& evidence, const Load& load) {
  const bool quiet =
      evidence.engine_waiting <= 0 && evidence.gateway_waiting <= 0 && evidence.kv_usage < kKvLimit;
  if (!quiet || !evidence.kv_seen || evidence.ready <= 0 || evidence.warming_up) {
    return;
  }
  const double predicted = resident_tokens(load, state.capacity.times(), evidence.ready);
  const double least = 0.01 * evidence.kv_tokens;  // below, rounding to blocks is most of it
  if (predicted > least) {
    state.mix.kv_correction.fade(std::exp(-evidence.seconds / kMixMemory.count()));
    state.mix.kv_correction.add(evidence.resident_tokens, predicted);
  }
}

void assess_demand(const Capacity& capacity, State& state, const Evidence& evidence,
                   const CallMix& mix, Assessment& out) {
  const double drain =
      std::clamp(state.cold_starts.p90().count(), kLeastDrainSeconds, kMostDrainSeconds);
  const double waiting = evidence.waiting() / drain;
  // A window that has only begun is as noisy as a burst.
  const double believed = evidence.warming_up ? beyond_noise(evidence.stable) : 1;
  const Load stable = load_of(evidence.stable, believed, waiting, mix);
  Load load = stable;
  Need need = capacity.need(stable);
  for (const Load& other : {load_of(evidence.burst, beyond_noise(evidence.burst), waiting, mix),
                            load_of(evidence.step, beyond_stable(evidence), waiting, mix)}) {
    if (const Need by_other = capacity.need(other); by_other.replicas > need.replicas) {
      load = other;
      need = by_other;
    }
  }
  take(out, need.replicas, need.rule);
  out.unreachable = need.unreachable;

  Readings& r = out.readings;
  r.calls = load.calls;
  r.prompt_tokens = load.prompt_tokens;
  r.output_tokens = load.output_tokens;
  r.work = need.work;
  r.allowed_share = need.allowed_share;
  r.resident_kv_tokens = need.resident_tokens;
}

/// The load that a replica will meet when it has started, where that takes long. What engines hold
/// counts as what callers offer does: longer answers show there first.
void expect_growth(State& state, const Evidence& evidence, double steady, SteadyTime now,
                   Assessment& out) {
  if (evidence.warming_up) {
    return;
  }
  const Seconds start = state.cold_starts.p90();
  state.forecast.add(now, steady);
  state.growth.add(now, steady, start);
  if (state.cold_starts.known() && state.cold_starts.median() > kForecastAbove) {
    const double growth = std::max(state.forecast.growth(start), state.growth.room(start));
    take(out, steady * growth, Rule::kForecast);
  }
}

}  // namespace

Assessment assess(const Settings& settings, State& state, const Evidence& evidence,
                  SteadyTime now) {
  const CallMix mix = mix_of(state, evidence.stable);
  learn_kv(state, evidence, load_of(evidence.stable, 1, 0, mix));
  const Capacity capacity(settings, state, evidence);
  Assessment out;
  out.output_tokens_per_call = mix.output;
  assess_demand(capacity, state, evidence, mix, out);

  // Without gateways' word, what engines serve is the only sure demand; with it, a cross-check.
  const double told = out.need;
  const double served = capacity.need_for_served(state, mix.output > 0);
  if (served > kServedLeast && (!evidence.demand_known || served > told * kServedExcess)) {
    take(out, served, Rule::kServed);
  }
  const double held = capacity.need_for_held(evidence.resident_tokens, mix.prompt + mix.output / 2);
  take(out, held, Rule::kKvCache);
  const double offered = capacity.need(load_of(evidence.stable, 1, 0, mix)).replicas;
  expect_growth(state, evidence, std::max(offered, held), now, out);

  Readings& r = out.readings;
  r.need = out.need;
  r.waiting_calls = evidence.waiting();
  r.running_calls = evidence.running;
  r.cached_share = mix.cached_share;
  r.resident_kv_tokens = std::max(r.resident_kv_tokens, evidence.resident_tokens);
  r.kv_tokens_per_replica = evidence.kv_tokens;
  r.kv_usage = evidence.kv_usage;
  r.capacity_per_replica =
      capacity.tokens_per_replica(load_of(evidence.stable, 1, 0, mix), evidence.ready);
  r.confidence = state.capacity.confidence();
  r.served_tokens = state.served_tokens;
  r.ready = evidence.ready;
  r.starting = evidence.starting;
  r.cold_start_seconds = state.cold_starts.p90().count();
  return out;
}

}  // namespace penstock::scaling
