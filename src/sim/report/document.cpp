#include "sim/report/document.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "json/write.h"
#include "sim/report/numbers.h"

namespace penstock::sim {
namespace {

/// Enough digits to read, few enough that a rounding error in the last bit does not show.
double rounded(double value, double digits = 1e6) {
  return std::round(value * digits) / digits;
}

double seconds(std::chrono::nanoseconds time) {
  return rounded(std::chrono::duration<double>(time).count());
}

json::Value latencies(const DurationHistogram& histogram) {
  return {{"p50", seconds(histogram.quantile(0.5))},
          {"p90", seconds(histogram.quantile(0.9))},
          {"p95", seconds(histogram.quantile(0.95))},
          {"p99", seconds(histogram.quantile(0.99))}};
}

json::Value timeline(const Outcome& outcome) {
  json::Value columns = json::Value::object();
  for (const char* name : {"arrived", "met", "promptTokens", "outputTokens", "ready", "created",
                           "queued", "ttftP50", "ttftP95"}) {
    columns[name] = json::Value::array();
  }
  for (const Bucket& bucket : outcome.timeline) {
    columns["arrived"].push_back(bucket.arrived);
    columns["met"].push_back(bucket.met);
    columns["promptTokens"].push_back(bucket.prompt_tokens);
    columns["outputTokens"].push_back(bucket.output_tokens);
    columns["ready"].push_back(rounded(bucket.ready, 1e3));
    columns["created"].push_back(rounded(bucket.created, 1e3));
    columns["queued"].push_back(rounded(bucket.queued, 1e3));
    columns["ttftP50"].push_back(seconds(bucket.ttft_p50));
    columns["ttftP95"].push_back(seconds(bucket.ttft_p95));
  }
  return columns;
}

json::Value policy_document(const PolicyOutcome& one, std::uint32_t gpus) {
  const Outcome& outcome = one.outcome;
  return {{"policy", one.policy.label()},
          {"offered", outcome.offered},
          {"served", outcome.served},
          {"spilled", outcome.spilled},
          {"refused", outcome.refused},
          {"held", outcome.held},
          {"met", outcome.met},
          {"attainment", rounded(outcome.attainment())},
          {"tokenAttainment", rounded(outcome.token_attainment())},
          {"ttftAttainment", rounded(Outcome::share(outcome.met_ttft, outcome.offered))},
          {"tpotAttainment", rounded(Outcome::share(outcome.met_tpot, outcome.offered))},
          {"gpuHours", rounded(outcome.gpu_hours(), 1e3)},
          {"meanReplicas", rounded(mean_replicas(outcome, gpus), 1e3)},
          {"mostReplicas", outcome.most_replicas},
          {"podsCreated", outcome.pods_created},
          {"podsRemoved", outcome.pods_removed},
          {"preemptions", outcome.preemptions},
          {"cachedShare", rounded(outcome.hit_rate())},
          {"callsPerSecond", rounded(outcome.calls_per_second())},
          {"outputTokensPerSecond", rounded(outcome.output_tokens_per_second(), 1e3)},
          {"iterations", outcome.iterations},
          {"residualBlocks", outcome.residual_blocks},
          {"ttftSeconds", latencies(outcome.ttft)},
          {"tpotSeconds", latencies(outcome.tpot)},
          {"timeline", timeline(outcome)}};
}

}  // namespace

json::Value to_document(const Comparison& comparison) {
  const Scenario& scenario = comparison.scenario;
  json::Value policies = json::Value::array();
  for (const PolicyOutcome& one : comparison.policies) {
    policies.push_back(policy_document(one, comparison.gpus));
  }
  const double load_seconds =
      comparison.policies.empty() ? 0 : comparison.policies.front().outcome.load_seconds;
  return {{"load", comparison.load},
          {"loadSeconds", rounded(load_seconds, 1e3)},
          {"hardware", comparison.hardware},
          {"gpusPerReplica", comparison.gpus},
          {"coldStartSeconds", seconds(scenario.cold_start)},
          {"minReplicas", scenario.min_replicas},
          {"maxReplicas", scenario.max_replicas},
          {"sloTtftSeconds", seconds(scenario.level.ttft)},
          {"sloPrefillFactor", scenario.level.prefill_factor},
          {"sloTpotSeconds", seconds(scenario.level.tpot)},
          {"bucketSeconds", seconds(scenario.bucket)},
          {"seed", scenario.seed},
          {"policies", std::move(policies)}};
}

std::string to_json(const Comparison& comparison) {
  return json::write_pretty(to_document(comparison));
}

}  // namespace penstock::sim
