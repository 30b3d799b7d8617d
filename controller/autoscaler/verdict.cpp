#include "controller/autoscaler/verdict.h"

#include <algorithm>
#include <array>

#include "controller/autoscaler/reasons.h"

namespace penstock::controller::autoscaler {
namespace {

using scaling::Block;
using scaling::Decision;
using scaling::Fault;

/// Those that a moment can bring.
constexpr std::array kMomentary{kMetricsUnavailable, kAtMaximum, kObjectivesUnreachable};

bool momentary(std::string_view reason) {
  return std::ranges::find(kMomentary, reason) != kMomentary.end();
}

std::string_view how(Fault fault) {
  switch (fault) {
    case Fault::kMissing:
      return "has not told anything that the rule can use";
    case Fault::kUnreachable:
      return "cannot be reached";
    case Fault::kStale:
      return "has been silent for too long";
    case Fault::kUnparsable:
      return "answers something else than is asked for";
    default:
      return "tells numbers that cannot be right";
  }
}

std::string metrics_message(const Decision& decision, std::string_view faulty) {
  const std::string pod = faulty.empty() ? std::string() : " " + std::string(faulty);
  return std::string(decision.fault_at_gateway ? "gateway" : "engine") + pod + " " +
         std::string(how(decision.fault)) + "; replicas are added but none is taken away until " +
         (decision.fault_at_gateway
              ? "it reports its demand: look at its log, and let the controller reach its admin "
                "port"
              : "its /metrics can be read: let the controller reach the engine's port, and switch "
                "metrics on where the engine needs a flag (SGLang --enable-metrics, llama.cpp "
                "--metrics)");
}

Verdict fixed_verdict(std::int32_t replicas) {
  return {false, kFixedReplicas,
          "spec.replicas is " + std::to_string(replicas) +
              ", written by you, kubectl scale, an HPA or KEDA: as many run whatever the load; "
              "remove it to hand scaling back"};
}

Verdict load_verdict(const scaling::Settings& settings, const Decision& decision,
                     std::string_view faulty) {
  if (decision.to == 0) {
    return {true, kAsleep, "no replica runs because nobody calls; the next call wakes the model"};
  }
  if (decision.fault != Fault::kNone) {
    return {false, kMetricsUnavailable, metrics_message(decision, faulty)};
  }
  if (decision.block == Block::kMaxReplicas) {
    return {true, kAtMaximum,
            "more than scaling.maxReplicas (" + std::to_string(settings.max_replicas) +
                ") replicas are needed; raise it, or accept slower answers"};
  }
  if (decision.objectives_unreachable) {
    return {true, kObjectivesUnreachable,
            "no number of replicas can meet scaling.slo with these calls; relax it, or use faster "
            "accelerators"};
  }
  return {true, kActive,
          "the load decides, between scaling.minReplicas (" +
              std::to_string(settings.min_replicas) + ") and scaling.maxReplicas (" +
              std::to_string(settings.max_replicas) + ")"};
}

Verdict dry_run_verdict(const Asked& asked, const Verdict& otherwise) {
  std::string message =
      "scaling.dryRun is set: status.recommendedReplicas and lastScaling say what "
      "would run; ";
  message += asked.fixed ? "spec.replicas (" + std::to_string(*asked.fixed) + ") says what runs"
                         : std::string("what runs stays");
  message += "; remove dryRun to let the load decide";
  if (is_warning(otherwise.reason)) {
    message += "; " + otherwise.message;
  }
  return {false, kDryRun, std::move(message)};
}

}  // namespace

Verdict verdict_of(const Asked& asked, const Decision& decision, std::string_view faulty) {
  if (asked.settings.dry_run) {
    return dry_run_verdict(asked, load_verdict(asked.settings, decision, faulty));
  }
  if (asked.fixed) {
    return fixed_verdict(*asked.fixed);
  }
  if (!asked.configured) {
    return {false, kNotConfigured,
            "spec.scaling is not set, so one replica runs; set scaling.maxReplicas to let the load "
            "decide"};
  }
  return load_verdict(asked.settings, decision, faulty);
}

std::chrono::seconds patience(std::string_view said, std::string_view reason) {
  using std::chrono::seconds;
  if (reason == said) {
    return seconds(60);  // only the message is another, such as the name of a silent pod
  }
  if (reason == kMetricsUnavailable) {
    return seconds(15);
  }
  if (momentary(reason)) {
    return seconds(10);
  }
  return momentary(said) && reason == kActive ? seconds(30) : seconds(0);
}

bool is_warning(std::string_view reason) {
  return momentary(reason);
}

}  // namespace penstock::controller::autoscaler
