#include "scaling/decision.h"

#include <chrono>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "scaling/constants.h"

namespace penstock::scaling {
namespace {

constexpr std::size_t kMostText = 256;  ///< of status.lastScaling[].reason

std::string because_of_rule(const Decision& d) {
  const Readings& r = d.readings;
  switch (d.rule) {
    case Rule::kTokenTime:
      return fmt::format(
          "{:.2f} engine-seconds of work arrive per second and the time per output token allows "
          "{:.2f} of a replica's",
          r.work, r.allowed_share);
    case Rule::kFirstToken:
      return fmt::format(
          "{:.0f} prompt tokens/s would queue longer than the time to first token "
          "allows",
          r.prompt_tokens);
    case Rule::kKvCache:
      return fmt::format("calls hold {:.0f} KV tokens of {:.0f} per replica", r.resident_kv_tokens,
                         r.kv_tokens_per_replica);
    case Rule::kBatch:
      return fmt::format("{:.0f} output tokens/s need more sequences at once than a replica runs",
                         r.output_tokens);
    case Rule::kFixedTarget:
      return fmt::format("{:.0f} tokens/s against a target of {:.0f} per replica",
                         r.prompt_tokens + r.output_tokens, r.capacity_per_replica);
    case Rule::kServed:
      return fmt::format("engines process {:.0f} tokens/s", r.served_tokens);
    case Rule::kForecast:
      return fmt::format("{:.2f} replicas are expected to be needed after a start of {:.0f} s",
                         r.need, r.cold_start_seconds);
    case Rule::kSaturated:
      return fmt::format("{:.0f} calls wait in engines at {:.0f} % KV cache", r.waiting_calls,
                         r.kv_usage * 100);
    case Rule::kNone:
      return "nothing is offered";
  }
  return "";
}

std::string change_of(const Decision& d) {
  if (d.to == d.from) {
    return fmt::format("{} replica{}", d.from, d.from == 1 ? "" : "s");
  }
  return fmt::format("{} → {} replicas{}", d.from, d.to, d.dry_run ? " in a dry run" : "");
}

std::string cause_of(const Decision& d) {
  switch (d.reason) {
    case Reason::kSteady:
      return d.rule == Rule::kNone ? "no call is running or waiting"
                                   : "enough: " + because_of_rule(d);
    case Reason::kDemandGrew:
    case Reason::kDemandExpected:
    case Reason::kEnginesSaturated:
      return because_of_rule(d);
    case Reason::kWoken:
      return fmt::format("called while asleep, {:.0f} wait", d.readings.waiting_calls);
    case Reason::kDemandFell:
      return fmt::format("{:.2f} are needed", d.readings.need);
    case Reason::kIdle:
      return "no call for long enough to sleep";
    case Reason::kBelowMinimum:
      return "minReplicas asks for it";
    case Reason::kAboveMaximum:
      return "maxReplicas allows no more";
    case Reason::kFixedReplicas:
      return fmt::format("spec.replicas is set; {} would be needed; remove it to hand scaling back",
                         d.wanted);
    case Reason::kSignalsUnavailable:
      return fmt::format("held: data of {} is {}", d.fault_at_gateway ? "a gateway" : "an engine",
                         name(d.fault));
  }
  return "";
}

std::string block_of(const Decision& d) {
  const auto seconds = d.blocked_until ? Seconds(*d.blocked_until - d.time).count() : 0.0;
  switch (d.block) {
    case Block::kNone:
    case Block::kUnusableData:  // said by the reason
      return "";
    case Block::kMaxReplicas:
      return fmt::format("; {} wanted, maxReplicas reached", d.wanted);
    case Block::kMinReplicas:
      return "; minReplicas reached";
    case Block::kScaleUpLimit:
      return fmt::format("; {} wanted, scaleUpLimit for {:.0f} s", d.wanted, seconds);
    case Block::kScaleDownLimit:
      return fmt::format("; {} wanted, scaleDownLimit for {:.0f} s", d.wanted, seconds);
    case Block::kStabilization:
      return fmt::format("; {} wanted, scaleDownStabilization for {:.0f} s", d.wanted, seconds);
    case Block::kWarmingUp:
      return "; too little seen to shrink";
    case Block::kNotIdleLong:
      return fmt::format("; sleeps in {:.0f} s if nobody calls", seconds);
  }
  return "";
}

}  // namespace

std::string_view name(Reason reason) {
  switch (reason) {
    case Reason::kSteady:
      return "Steady";
    case Reason::kDemandGrew:
      return "DemandGrew";
    case Reason::kDemandExpected:
      return "DemandExpected";
    case Reason::kEnginesSaturated:
      return "EnginesSaturated";
    case Reason::kWoken:
      return "Woken";
    case Reason::kDemandFell:
      return "DemandFell";
    case Reason::kIdle:
      return "Idle";
    case Reason::kBelowMinimum:
      return "BelowMinimum";
    case Reason::kAboveMaximum:
      return "AboveMaximum";
    case Reason::kFixedReplicas:
      return "FixedReplicas";
    case Reason::kSignalsUnavailable:
      return "MetricsUnavailable";
  }
  return "Unknown";
}

std::string_view name(Block block) {
  switch (block) {
    case Block::kNone:
      return "None";
    case Block::kMaxReplicas:
      return "MaxReplicas";
    case Block::kMinReplicas:
      return "MinReplicas";
    case Block::kScaleUpLimit:
      return "ScaleUpLimit";
    case Block::kScaleDownLimit:
      return "ScaleDownLimit";
    case Block::kStabilization:
      return "Stabilization";
    case Block::kUnusableData:
      return "UnusableData";
    case Block::kWarmingUp:
      return "WarmingUp";
    case Block::kNotIdleLong:
      return "NotIdleLong";
  }
  return "Unknown";
}

std::string explain(const Decision& d) {
  std::string text = change_of(d) + ": " + cause_of(d) + block_of(d);
  if (d.changed_elsewhere) {
    fmt::format_to(std::back_inserter(text), "; somebody else had set it to {}", d.from);
  }
  if (d.readings.starting > 0) {
    fmt::format_to(std::back_inserter(text), "; {:.0f} starting ({})", d.readings.starting,
                   name(d.pending));
  }
  if (text.size() > kMostText) {
    text.resize(kMostText);
  }
  return text;
}

bool is_news(const Decision& before, const Decision& after) {
  if (after.changed_elsewhere) {
    return true;
  }
  if (after.changes()) {
    return true;
  }
  const bool fault_changed = (before.fault == Fault::kNone) != (after.fault == Fault::kNone);
  const bool at_most = after.block == Block::kMaxReplicas && before.block != Block::kMaxReplicas;
  const bool settled = after.reason == Reason::kSteady && before.to != before.from;
  return fault_changed || at_most || (before.reason != after.reason && !settled);
}

}  // namespace penstock::scaling
