#include "sim/report/table.h"

#include <fmt/format.h>

#include "base/time_format.h"
#include "sim/report/numbers.h"

namespace penstock::sim {
namespace {

constexpr std::string_view kRow =
    "{:<22} {:>8} {:>8} {:>9} {:>7} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>6} {:>8} {:>8}\n";

}  // namespace

std::string to_table(const Comparison& comparison) {
  const Scenario& scenario = comparison.scenario;
  std::string out = fmt::format(
      "{}\n{} x {} accelerators, cold start {}, replicas {} to {}; served well: first token within "
      "{} + {:g} x prefill, then {} per token\n",
      comparison.load, comparison.hardware, comparison.gpus, format_duration(scenario.cold_start),
      scenario.min_replicas, scenario.max_replicas, format_duration(scenario.level.ttft),
      scenario.level.prefill_factor, format_duration(scenario.level.tpot));
  if (!comparison.policies.empty()) {
    const Outcome& first = comparison.policies.front().outcome;
    out += fmt::format("{} calls in {:.1f} h, {:.2f} per second\n\n", first.offered,
                       first.load_seconds / 3600,
                       static_cast<double>(first.offered) / std::max(first.load_seconds, 1e-9));
  }
  out += fmt::format(kRow, "POLICY", "SLO %", "TOKENS %", "GPU-HOURS", "MEAN", "MOST", "TTFT p50",
                     "p95", "p99", "TPOT p95", "TOKENS/S", "HIT %", "HELD", "REFUSED");
  for (const auto& [policy, outcome] : comparison.policies) {
    out += fmt::format(
        kRow, policy.label(), percent(outcome.attainment()), percent(outcome.token_attainment()),
        fmt::format("{:.1f}", outcome.gpu_hours()),
        fmt::format("{:.2f}", mean_replicas(outcome, comparison.gpus)), outcome.most_replicas,
        short_time(outcome.ttft.quantile(0.5)), short_time(outcome.ttft.quantile(0.95)),
        short_time(outcome.ttft.quantile(0.99)), short_time(outcome.tpot.quantile(0.95)),
        fmt::format("{:.0f}", outcome.output_tokens_per_second()), percent(outcome.hit_rate()),
        outcome.held, outcome.refused + outcome.spilled);
  }
  return out;
}

}  // namespace penstock::sim
