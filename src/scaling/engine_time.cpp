#include "scaling/engine_time.h"

#include <algorithm>
#include <cmath>

#include "scaling/constants.h"

namespace penstock::scaling {
namespace {

/// How many standard deviations below which a share p of a normal distribution lies; 0 for p ≤ 0.5.
/// Source: Abramowitz and Stegun 26.2.23, error below 4.5e-4.
double deviations(double p) {
  if (p <= 0.5) {
    return 0;
  }
  const double t = std::sqrt(-2 * std::log(1 - std::min(p, 0.9999)));
  return t - (2.515517 + 0.802853 * t + 0.010328 * t * t) /
                 (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
}

/// The fullest replica must still be within bounds; one replica has no neighbour.
double with_imbalance(double replicas) {
  return replicas <= 1 ? replicas : 1 + (replicas - 1) * kImbalance;
}

/// What one load means for an engine, per second and per call.
struct Work {
  double rate = 0;             ///< engine seconds per second
  double variance = 0;         ///< Σ work² of calls per second
  double prefill_seconds = 0;  ///< of one call
  double prefill_square = 0;   ///< its second moment
  double outputs = 0;          ///< tokens of one call
  double tokens =
      0;  ///< KV held on average over a call's time, as often as seen at a random moment
};

Work work_of(const Load& load, const EngineTimes& times) {
  Work work;
  work.rate = load.uncached_tokens * times.prefill + load.output_tokens * times.decode;
  const double prompt = load.prompt_tokens / load.calls;
  const double uncached = load.uncached_tokens / load.calls;
  work.outputs = load.output_tokens / load.calls;
  // Half the answer on average, but long answers are there longer: E[o²] ÷ (2 E[o]).
  work.tokens = prompt + work.outputs * (1 + kLengthVariation) / 2;
  // A second moment below the square of the mean (but for rounding) cannot be: it was not told.
  const double told = load.prompt_tokens_squared / load.calls;
  const double square =
      told >= 0.99 * prompt * prompt ? told : prompt * prompt * (1 + kLengthVariation);
  const double share = prompt > 0 ? uncached / prompt : 0;
  work.prefill_seconds = uncached * times.prefill;
  work.prefill_square = square * share * share * times.prefill * times.prefill;
  const double decode_square =
      work.outputs * work.outputs * (1 + kLengthVariation) * times.decode * times.decode;
  const double both = std::sqrt(work.prefill_square) + std::sqrt(decode_square);
  work.variance = load.calls * both * both;
  return work;
}

/// A queue of prompts before n replicas: the probability to wait longer than `limit` is about
/// busy^(√(2(n+1)) - 1) × exp(-(1 - busy) × limit ÷ residual), for `busy` = demand ÷ n.
/// Source: Sakasegawa's approximation for M/M/n and the exponential tail of M/G/1.
double chance_to_wait(double demand, double replicas, double limit, double residual) {
  const double busy = demand / replicas;
  if (busy >= 1) {
    return 1;
  }
  return std::pow(busy, std::sqrt(2 * (replicas + 1)) - 1) *
         std::exp(-(1 - busy) * limit / residual);
}

double replicas_for_first_token(const Load& load, const Work& work, const EngineTimes& times,
                                const ReplicaLimits& limits, const Objectives& objectives,
                                double allowed) {
  if (work.prefill_seconds <= 0) {
    return 0;
  }
  // A prompt's tokens share their iterations with the decodes of the batch.
  const double batch_prefill = limits.batched_tokens * times.prefill;
  const double shared = 1 + times.iteration / (1 - allowed) / batch_prefill;
  const double demand = load.calls * work.prefill_seconds * shared;
  const double residual =
      work.prefill_square / (2 * work.prefill_seconds) * shared + times.iteration;
  // Where the prompt alone takes longer than the objective, waiting may double it but not more.
  const double limit =
      std::max(objectives.first_token_seconds - work.prefill_seconds - times.iteration,
               work.prefill_seconds);
  const double chance = 1 - std::min(objectives.attainment, 0.9999);
  double low = demand / kMostUtilisation;
  double high = low;
  while (chance_to_wait(demand, high, limit, residual) > chance && high < 1e6) {
    high *= 2;
  }
  for (int i = 0; i < 24 && high > low; ++i) {
    const double middle = (low + high) / 2;
    (chance_to_wait(demand, middle, limit, residual) > chance ? low : high) = middle;
  }
  return high;
}

/// Least n with calls × (prefill + outputs × iteration ÷ (1 - work ÷ n)) × tokens ≤ n × room.
double replicas_for_residents(const Load& load, const Work& work, const EngineTimes& times,
                              double room) {
  const double held_in_prefill = load.calls * work.prefill_seconds * work.tokens;
  const double held_in_decode = load.output_tokens * times.iteration * work.tokens;
  const double b = room * work.rate + held_in_prefill + held_in_decode;
  const double c = held_in_prefill * work.rate;
  return (b + std::sqrt(std::max(b * b - 4 * room * c, 0.0))) / (2 * room);
}

double residents(const Load& load, const Work& work, const EngineTimes& times, double replicas) {
  const double share = std::min(work.rate / replicas, kMostUtilisation);
  const double held = work.prefill_seconds + work.outputs * times.iteration / (1 - share);
  return load.calls * held * work.tokens;
}

}  // namespace

std::string_view name(Rule rule) {
  switch (rule) {
    case Rule::kNone:
      return "None";
    case Rule::kTokenTime:
      return "TokenTime";
    case Rule::kFirstToken:
      return "FirstToken";
    case Rule::kKvCache:
      return "KvCache";
    case Rule::kBatch:
      return "Batch";
    case Rule::kFixedTarget:
      return "FixedTarget";
    case Rule::kServed:
      return "Served";
    case Rule::kForecast:
      return "Forecast";
    case Rule::kSaturated:
      return "Saturated";
  }
  return "Unknown";
}

CapacityPrior guess_capacity(const HardwareShape& shape) {
  // Shares of the data sheet that serving reaches: about half of the compute in large matrix
  // products, seven tenths of the bandwidth; nine tenths of the memory is given to the engine.
  constexpr double kComputeReached = 0.5;
  constexpr double kBandwidthReached = 0.7;
  constexpr double kMemoryGiven = 0.9;
  constexpr double kHostSeconds = 0.002;
  constexpr double kKvBytesPerParameter = 4e-6;  ///< 8B and 70B models with grouped queries
  const double kv_bytes = shape.kv_bytes_per_token > 0 ? shape.kv_bytes_per_token
                                                       : shape.parameters * kKvBytesPerParameter;
  const double flops = std::max(shape.flops * kComputeReached, 1.0);
  const double bandwidth = std::max(shape.bytes_per_second * kBandwidthReached, 1.0);
  CapacityPrior prior;
  prior.times.prefill = std::max(2 * shape.parameters / flops, 1e-9);
  prior.times.iteration = kHostSeconds + shape.weight_bytes / bandwidth;
  prior.times.decode =
      std::max(2 * shape.parameters / flops + kv_bytes * shape.mean_context / bandwidth, 1e-9);
  const double room = shape.memory_bytes * kMemoryGiven - shape.weight_bytes;
  prior.limits.kv_tokens = room > 0 && kv_bytes > 0 ? std::floor(room / kv_bytes) : 0;
  return prior;
}

double allowed_share(const EngineTimes& times, const Objectives& objectives, bool generates) {
  if (!generates) {
    return kMostUtilisation;
  }
  return std::clamp(1 - times.iteration / objectives.token_seconds, kLeastUtilisation,
                    kMostUtilisation);
}

double resident_tokens(const Load& load, const EngineTimes& times, double replicas) {
  return load.calls > 0 ? residents(load, work_of(load, times), times, replicas) : 0;
}

double replicas_for_kv(double resident_tokens, double tokens_per_call, const ReplicaLimits& limits,
                       const Objectives& objectives) {
  if (limits.kv_tokens <= 0 || resident_tokens <= 0) {
    return 0;
  }
  const double room = limits.kv_tokens * kKvLimit;
  const double spread = deviations(objectives.attainment) *
                        std::sqrt(resident_tokens * tokens_per_call * (1 + kLengthVariation));
  return std::max(resident_tokens / (room * objectives.target_share),
                  with_imbalance((resident_tokens + spread) / room));
}

Need replicas_for(const Load& load, const EngineTimes& times, const ReplicaLimits& limits,
                  const Objectives& objectives, double kv_correction) {
  Need need;
  if (load.calls <= 0) {
    return need;
  }
  const Work work = work_of(load, times);
  const double allowed = allowed_share(times, objectives, load.output_tokens > 0);
  need.work = work.rate;
  need.allowed_share = allowed;
  need.unreachable = (load.output_tokens > 0 && times.iteration >= objectives.token_seconds) ||
                     work.prefill_seconds + times.iteration > objectives.first_token_seconds;
  const auto take = [&need](double replicas, Rule rule) {
    if (replicas > need.replicas) {
      need.replicas = replicas;
      need.rule = rule;
    }
  };

  const double answer = work.outputs * times.iteration / (1 - allowed) + work.prefill_seconds;
  const double smoothing = std::clamp(answer, kLeastSmoothingSeconds, kMostSmoothingSeconds);
  const double spread =
      deviations(objectives.attainment) * std::sqrt(kDispersion * work.variance / smoothing);
  take(work.rate / (allowed * objectives.target_share), Rule::kTokenTime);
  take(with_imbalance((work.rate + spread) / allowed), Rule::kTokenTime);
  take(with_imbalance(replicas_for_first_token(load, work, times, limits, objectives, allowed)),
       Rule::kFirstToken);
  if (limits.kv_tokens > 0) {
    const double room = limits.kv_tokens * kKvLimit / std::max(kv_correction, 1e-3);
    const double least = replicas_for_residents(load, work, times, room * objectives.target_share);
    take(least, Rule::kKvCache);
    const double held = residents(load, work, times, least) * kv_correction;
    take(replicas_for_kv(held, work.tokens, limits, objectives), Rule::kKvCache);
  }
  if (limits.sequences > 0) {
    const double most = limits.sequences * kBatchLimit;
    take(with_imbalance(work.rate + load.output_tokens * times.iteration / most), Rule::kBatch);
  }
  need.resident_tokens = residents(load, work, times, need.replicas) * kv_correction;
  return need;
}

}  // namespace penstock::scaling
