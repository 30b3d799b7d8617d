#include "scaling/signals.h"

#include <cmath>

#include "scaling/constants.h"

namespace penstock::scaling {
namespace {

/// The fault of one number that must lie in [0, most].
Fault judge_number(double value, double most) {
  if (!std::isfinite(value)) {
    return Fault::kNotANumber;
  }
  if (value < 0) {
    return Fault::kNegative;
  }
  return value > most ? Fault::kImplausible : Fault::kNone;
}

/// The first fault of several checks.
class Verdict {
 public:
  void check(double value, double most) {
    if (fault_ == Fault::kNone) {
      fault_ = judge_number(value, most);
    }
  }
  void check(const std::optional<double>& value, double most) {
    if (value) {
      check(*value, most);
    }
  }
  void refuse_unless(bool fine, Fault fault) {
    if (fault_ == Fault::kNone && !fine) {
      fault_ = fault;
    }
  }
  [[nodiscard]] Fault fault() const { return fault_; }

 private:
  Fault fault_ = Fault::kNone;
};

constexpr double kMostTotal = 9e15;  ///< counters are doubles: beyond 2^53 they stop counting
constexpr double kUsageRounding = 1e-6;

Fault judge_sample(const DemandSample& sample) {
  const double seconds = Seconds(sample.span).count();
  Verdict verdict;
  verdict.refuse_unless(sample.span > std::chrono::milliseconds(0), Fault::kImplausible);
  verdict.check(sample.calls, kMostCallsPerSecond * seconds);
  verdict.check(sample.spilled_calls, kMostCallsPerSecond * seconds);
  verdict.check(sample.completed_calls, kMostCallsPerSecond * seconds);
  verdict.check(sample.prompt_tokens, kMostTokensPerCall * sample.calls);
  verdict.check(sample.prompt_tokens_squared, sample.prompt_tokens * sample.prompt_tokens + 1);
  verdict.check(sample.expected_output_tokens, kMostTokensPerCall * sample.calls);
  verdict.check(sample.completed_output_tokens, kMostTokensPerCall * sample.completed_calls);
  verdict.check(sample.spilled_prompt_tokens, kMostTokensPerCall * sample.spilled_calls);
  return verdict.fault();
}

}  // namespace

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      return "none";
    case Fault::kMissing:
      return "missing";
    case Fault::kUnreachable:
      return "unreachable";
    case Fault::kUnparsable:
      return "unparsable";
    case Fault::kStale:
      return "stale";
    case Fault::kFuture:
      return "dated in the future";
    case Fault::kNotANumber:
      return "not a number";
    case Fault::kNegative:
      return "negative";
    case Fault::kReset:
      return "just restarted";
    case Fault::kImplausible:
      return "implausible";
  }
  return "unknown";
}

std::string_view name(Pending pending) {
  switch (pending) {
    case Pending::kNone:
      return "loading the model";
    case Pending::kScheduling:
      return "being scheduled";
    case Pending::kNodeProvisioning:
      return "waiting for a node that is being provisioned";
    case Pending::kUnschedulable:
      return "unschedulable";
    case Pending::kPulling:
      return "pulling image or weights";
    case Pending::kCrashing:
      return "crashing";
  }
  return "unknown";
}

Fault judge(const EngineSample& sample, SteadyTime now) {
  if (sample.fault != Fault::kNone) {
    return sample.fault;
  }
  Verdict verdict;
  verdict.refuse_unless(sample.scraped <= now + kFutureTolerance, Fault::kFuture);
  verdict.refuse_unless(now - sample.scraped <= kEngineStaleAfter, Fault::kStale);
  verdict.refuse_unless(sample.running && sample.generation_tokens, Fault::kMissing);
  for (const auto& total :
       {sample.prompt_tokens, sample.computed_prompt_tokens, sample.generation_tokens,
        sample.prefix_queries, sample.prefix_hits, sample.preemptions, sample.iterations}) {
    verdict.check(total, kMostTotal);
  }
  verdict.check(sample.running, kMostSequences);
  verdict.check(sample.waiting, kMostSequences);
  verdict.check(sample.kv_usage, 1 + kUsageRounding);
  verdict.check(sample.kv_capacity_tokens, kMostTotal);
  return verdict.fault();
}

Fault judge(const EngineSample& before, const EngineSample& after) {
  const double seconds = Seconds(after.scraped - before.scraped).count();
  Verdict verdict;
  const auto grows = [&](const std::optional<double>& a, const std::optional<double>& b,
                         double most_per_second) {
    if (a && b) {
      verdict.refuse_unless(*b >= *a, Fault::kReset);
      verdict.refuse_unless(*b - *a <= most_per_second * seconds, Fault::kImplausible);
    }
  };
  grows(before.prompt_tokens, after.prompt_tokens, kMostPrefilledPerSecond);
  grows(before.computed_prompt_tokens, after.computed_prompt_tokens, kMostPrefilledPerSecond);
  grows(before.generation_tokens, after.generation_tokens, kMostGeneratedPerSecond);
  grows(before.prefix_queries, after.prefix_queries, kMostPrefilledPerSecond);
  grows(before.prefix_hits, after.prefix_hits, kMostPrefilledPerSecond);
  grows(before.preemptions, after.preemptions, kMostCallsPerSecond);
  grows(before.iterations, after.iterations, kMostGeneratedPerSecond);
  return verdict.fault();
}

Fault judge(const GatewayReport& report, SteadyTime now) {
  if (report.fault != Fault::kNone) {
    return report.fault;
  }
  Verdict verdict;
  verdict.refuse_unless(report.through <= now + kFutureTolerance, Fault::kFuture);
  verdict.refuse_unless(now - report.through <= kDemandStaleAfter, Fault::kStale);
  verdict.check(report.queued_calls, kMostSequences);
  verdict.check(report.cold_start_calls, kMostSequences);
  for (const DemandSample& sample : report.news) {
    verdict.refuse_unless(sample.start <= now + kFutureTolerance, Fault::kFuture);
    const Fault fault = judge_sample(sample);
    verdict.refuse_unless(fault == Fault::kNone, fault);
  }
  return verdict.fault();
}

}  // namespace penstock::scaling
