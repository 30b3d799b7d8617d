#pragma once
// Every number of the scaling rule that is not in a ModelDeployment, each with its reason. Knows
// only numbers: whoever tunes the rule changes this file and nothing else.

#include <chrono>
#include <cstddef>

namespace penstock::scaling {

using Seconds = std::chrono::duration<double>;

// --- What data is believed ---

/// A gateway tells every second or two; after this long its word is too old to shrink by.
inline constexpr std::chrono::seconds kDemandStaleAfter{15};
/// Engines are scraped every few seconds; three missed scrapes of five seconds.
inline constexpr std::chrono::seconds kEngineStaleAfter{15};
/// A pod that has just become ready may not have been scraped yet.
inline constexpr std::chrono::seconds kFirstScrapeGrace{20};
/// Samples dated later than this after `now` come from a broken clock.
inline constexpr std::chrono::seconds kFutureTolerance{5};
/// No replica of today's engines comes near: 8 GPUs decode some 10^5, prefill some 10^6 tokens/s.
inline constexpr double kMostGeneratedPerSecond = 1e6;
inline constexpr double kMostPrefilledPerSecond = 2e7;  ///< cached tokens are counted too
inline constexpr double kMostCallsPerSecond = 1e6;
inline constexpr double kMostTokensPerCall = 1e8;  ///< the largest contextLength of the API
inline constexpr double kMostSequences = 1e6;

// --- Windows ---

/// Demand is the mean over the stable window (Knative's default, 60 s) …
inline constexpr std::size_t kStableSeconds = 60;
/// … or over the burst window (a sixth, as Knative's panic window) as far as noise cannot explain
/// it.
inline constexpr std::size_t kBurstSeconds = 10;
/// How many standard deviations of a burst window count as noise: at 2 one tick in forty is taken
/// for a burst.
inline constexpr double kBurstNoise = 3.0;
/// A step of load is answered within two seconds. It must stand out from the stable window by so
/// many deviations of what that window would bring in two seconds; at 4, bursts of reasoning
/// traffic cost 4 % more GPU-hours on the reasoning day for nothing …
inline constexpr std::size_t kStepSeconds = 2;
inline constexpr double kStepNoise = 8.0;
/// What came before is only compared with once so much of it was seen.
inline constexpr double kStepCalmSeconds = 8;
/// … and is then believed but for this many of its own: two seconds say that there is a step, not
/// how long it lasts.
inline constexpr double kStepMargin = 2.0;
/// Seconds kept: the stable window, plus what a late gateway may still add.
inline constexpr std::size_t kKeptSeconds = 96;
/// Shrinking needs at least this much of the stable window to have been seen.
inline constexpr std::size_t kSeenBeforeShrinking = 45;
/// Longer without a tick: what was wanted meanwhile is unknown, so the running number counts.
inline constexpr std::chrono::seconds kTickGap{60};

// --- What is assumed before anything is known ---

/// Used where the spec has no slo: both are the limits of simulation studies of chat traffic.
inline constexpr double kDefaultFirstTokenSeconds = 2.0;
inline constexpr double kDefaultTokenSeconds = 0.1;
inline constexpr double kPriorPromptTokens = 1'000;
inline constexpr double kPriorOutputTokens = 256;
/// How many completed calls the prior mean of output tokens weighs.
inline constexpr double kPriorOutputCalls = 4;
/// Squared coefficient of variation of prompts and answers where second moments are not told: 1.2
/// to 2 on public chat and reasoning traces.
inline constexpr double kLengthVariation = 1.5;
/// The means of output length, cache hits and KV forget with this time constant.
inline constexpr Seconds kMixMemory{600};

// --- Head room ---

/// Calls come in clumps: variance over that of a Poisson process at the scale of an answer.
inline constexpr double kDispersion = 2.0;
/// The time over which an engine evens load out is an answer's; within these bounds.
inline constexpr double kLeastSmoothingSeconds = 1.0;
inline constexpr double kMostSmoothingSeconds = 60.0;
/// An objective that no number of replicas can reach must not ask for all of them.
inline constexpr double kLeastUtilisation = 0.3;
/// Above this share of a replica's time queues grow whatever the objective.
inline constexpr double kMostUtilisation = 0.95;
/// Beyond this share of the KV cache engines preempt (vLLM needs room for running answers to grow).
/// At 0.9 a rise within one cold start ended in hours of preemption on a day of reasoning traffic.
inline constexpr double kKvLimit = 0.85;
/// Of the sequences that an engine batches at most.
inline constexpr double kBatchLimit = 0.9;
/// Routing is not perfect: the fullest replica has this much more than the mean.
inline constexpr double kImbalance = 1.05;
/// Work of waiting calls is spread over the learned cold start, within these bounds: a new replica
/// cannot help sooner, and asking for all of it at once overshoots.
inline constexpr double kLeastDrainSeconds = 30;
inline constexpr double kMostDrainSeconds = 300;
/// Tolerances, so that noise does not move the number: it grows when the need exceeds it by this
/// share (the target share leaves room for it) …
inline constexpr double kGrowTolerance = 0.03;
/// … and shrinks when the need is lower by this share, at most by so many replicas.
inline constexpr double kShrinkMargin = 0.1;
inline constexpr double kShrinkMarginMost = 0.5;
/// Engines' own work counts as demand when it exceeds what gateways tell by this factor: calls
/// that came another way, or a gateway that tells too little.
inline constexpr double kServedExcess = 1.3;
/// … and is worth that share of a replica.
inline constexpr double kServedLeast = 0.05;
/// Engines' work is smoothed over this time: working off a backlog, they do more than arrives.
inline constexpr Seconds kServedMemory{120};
/// When all engines stand still it is forgotten sooner, so that a model without calls may sleep.
inline constexpr Seconds kServedIdleMemory{15};

// --- Learning the capacity ---

/// Learned coefficients stay within this factor of the prior: the profile may be wrong, not absurd.
inline constexpr double kMostDrift = 5.0;
/// Standard deviation of the prior, relative: tables were within 10 to 25 %, guesses within 50 %.
inline constexpr double kPriorDeviation = 0.4;
/// Of one interval's measurement, relative: running sequences are a gauge, seen at its ends only.
inline constexpr double kIntervalDeviation = 0.12;
/// Errors beyond this many deviations are clipped (Huber).
inline constexpr double kClipDeviations = 2.5;
/// Each measurement makes older ones of its kind count less: memory of about 250 intervals. Batches
/// of another size than today's are not forgotten for that (CapacityLearner::update).
inline constexpr double kForgetting = 0.996;
/// An interval teaches only if at least this many sequences ran: then the engine was never idle.
inline constexpr double kLoadedSequences = 4;
inline constexpr Seconds kShortestInterval{0.9};
inline constexpr Seconds kLongestInterval{60};
/// The predicted resident KV is corrected by what engines show, within this factor (shared
/// prefixes make it less, long-lived answers more).
inline constexpr double kMostKvCorrection = 4.0;

// --- Engines that say that they are full ---

/// Calls waiting in engines per ready replica, or KV use above kKvLimit with preemptions …
inline constexpr double kWaitingPerReplica = 1.0;
/// … for this long is saturation, whatever the model of capacity says.
inline constexpr std::chrono::seconds kSaturatedFor{20};
/// The step then: one replica, or a tenth of those ready.
inline constexpr double kSaturatedStep = 0.1;
/// The effect of a step is awaited this long before the next on the same evidence.
inline constexpr std::chrono::seconds kSaturatedSettle{30};
/// What the model of capacity was found short by is remembered this long, up to this factor, so
/// that the replicas do not go and come back.
inline constexpr Seconds kShortfallMemory{1'800};
inline constexpr double kMostShortfall = 2.0;

// --- Time ---

/// Sleep (minReplicas 0) after as long without a call, or scaleDownStabilization if that is longer.
inline constexpr std::chrono::seconds kIdleBeforeSleep{300};
/// Without measured starts: a mid-sized model from a node's disk.
inline constexpr Seconds kPriorColdStart{120};
inline constexpr Seconds kLongestColdStart{3600};
/// Starts remembered.
inline constexpr std::size_t kColdStartsKept = 16;
/// Below, reacting is as good as forecasting; above it buys attainment (docs/scaling.md).
inline constexpr Seconds kForecastAbove{180};
inline constexpr Seconds kForecastHorizonMost{900};
/// Memory of level and trend: shorter follows noise, longer misses the slope of a working day.
inline constexpr Seconds kForecastLevelMemory{120};
inline constexpr Seconds kForecastTrendMemory{600};
/// What a load has grown by within one start is looked at this often …
inline constexpr Seconds kGrowthStep{30};
/// … and remembered this long: a few rises make it careful, a quiet night forgets them.
inline constexpr Seconds kGrowthMemory{7'200};
/// Deviation of its logarithm before anything is known; 0.08 to 0.2 on days of chat and reasoning.
inline constexpr double kPriorGrowthDeviation = 0.2;
/// Room for so many deviations. With starts of 600 s, 2 let a rise end in preemption on one day of
/// three, 3 cost 3 % more GPU-hours than 2.5 for nothing.
inline constexpr double kGrowthDeviations = 2.5;
/// A forecast never asks for more than this multiple of what is offered now.
inline constexpr double kForecastMost = 1.5;

// --- Bounds of memory ---

inline constexpr std::size_t kWantedKept = 64;   ///< distinct recommendations in the max window
inline constexpr std::size_t kChangesKept = 64;  ///< own changes within the last minute
inline constexpr std::size_t kMostGateways = 1'024;
inline constexpr std::size_t kMostPods = 10'000;  ///< maxReplicas of the API

}  // namespace penstock::scaling
