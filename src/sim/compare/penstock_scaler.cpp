#include "sim/compare/penstock_scaler.h"

#include <algorithm>

#include "scaling/victim.h"

namespace penstock::sim {
namespace {

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// Engines' metrics are read every few seconds, each pod on its own.
constexpr Sampling kSampling{.interval = std::chrono::seconds(5),
                             .delay = std::chrono::milliseconds(500)};

scaling::EngineSample engine_of(const PodSample& sample) {
  return {.fault = scaling::Fault::kNone,
          .scraped = sample.at,
          .prompt_tokens = static_cast<double>(sample.prompt_tokens),
          .computed_prompt_tokens = static_cast<double>(sample.computed_prefill_tokens),
          .generation_tokens = static_cast<double>(sample.generation_tokens),
          .prefix_queries = static_cast<double>(sample.prefix_queries),
          .prefix_hits = static_cast<double>(sample.prefix_hits),
          .preemptions = static_cast<double>(sample.preemptions),
          .iterations = static_cast<double>(sample.iterations),
          .running = sample.running,
          .waiting = sample.waiting,
          .kv_usage = sample.kv_usage,
          .kv_capacity_tokens = static_cast<double>(sample.kv_capacity_tokens)};
}

}  // namespace

scaling::CapacityPrior prior_of(const PerfModel& perf, const EngineConfig& engine) {
  constexpr std::uint32_t kPrompt = 2'048;
  constexpr std::uint32_t kBatch = 64;
  constexpr std::uint64_t kContext = 1'024;
  const auto step = [&](std::uint32_t batch) {
    return seconds(perf.iteration_time(
        {.decode_sequences = batch, .decode_context_tokens = kContext * batch}));
  };
  const double one = step(1);
  scaling::CapacityPrior prior;
  prior.times.decode = (step(kBatch) - one) / (kBatch - 1);
  prior.times.iteration = one - prior.times.decode;
  prior.times.prefill =
      (seconds(perf.prefill_time(kPrompt, 0, engine.max_num_batched_tokens)) - one) / kPrompt;
  prior.limits.kv_tokens =
      engine.kv_capacity_tokens > 0 ? engine.kv_capacity_tokens : perf.kv_capacity_tokens();
  prior.limits.sequences = engine.max_num_seqs;
  prior.limits.batched_tokens = engine.max_num_batched_tokens;
  return prior;
}

scaling::Settings settings_for(const Scenario& scenario, const PerfModel& perf) {
  crd::model_deployment::Scaling spec;
  spec.min_replicas = static_cast<std::int32_t>(scenario.min_replicas);
  spec.max_replicas = static_cast<std::int32_t>(scenario.max_replicas);
  scaling::Settings settings = scaling::settings_from(spec, prior_of(perf, scenario.engine));
  settings.objectives.first_token_seconds = seconds(scenario.level.ttft);
  settings.objectives.token_seconds = seconds(scenario.level.tpot);
  return settings;
}

Sampling PenstockScaler::sampling() const {
  return kSampling;
}

std::uint32_t PenstockScaler::desired(const Observation& seen) {
  take_pods(seen);
  take_demand(seen.gateway);
  const scaling::GatewayReport gateway{
      .id = 1,
      .fault = scaling::Fault::kNone,
      .through = seen.gateway.at,
      .news = {&demand_, demand_.span.count() > 0 ? 1U : 0U},
      .queued_calls = 0,
      .cold_start_calls = static_cast<double>(seen.gateway.queued)};
  last_ = scaling::tick(settings_, state_,
                        {.now = seen.now,
                         .replicas = static_cast<std::int32_t>(seen.desired),
                         .fixed_replicas = {},
                         .gateways = {&gateway, 1},
                         .pods = pods_});
  before_ = seen.gateway;
  return static_cast<std::uint32_t>(std::max(last_.to, 0));
}

void PenstockScaler::take_pods(const Observation& seen) {
  pods_.clear();
  for (const PodLife& life : seen.lives) {
    scaling::PodReport report{.id = life.pod,
                              .facts = {.created = life.created,
                                        .scheduled = life.created,
                                        .ready_since = life.ready_since,
                                        .draining = life.draining,
                                        .pending = scaling::Pending::kNone},
                              .engine = {}};
    const auto sample = std::ranges::find(seen.pods, life.pod, &PodSample::pod);
    if (sample != seen.pods.end()) {
      report.engine = engine_of(*sample);
    }
    pods_.push_back(report);
  }
}

/// What was told since the last tick, as one stretch.
void PenstockScaler::take_demand(const GatewaySample& now) {
  demand_ = {
      .start = before_.at,
      .span = std::chrono::duration_cast<std::chrono::milliseconds>(now.at - before_.at),
      .calls = static_cast<double>(now.calls - before_.calls),
      .prompt_tokens = static_cast<double>(now.prompt_tokens - before_.prompt_tokens),
      .prompt_tokens_squared = now.prompt_tokens_squared - before_.prompt_tokens_squared,
      .expected_output_tokens = 0,
      .completed_calls = static_cast<double>(now.finished - before_.finished),
      .completed_output_tokens = static_cast<double>(now.output_tokens - before_.output_tokens)};
}

std::vector<std::uint32_t> PenstockScaler::first_to_go(const Observation& seen) {
  std::vector<std::uint32_t> order;
  for (const scaling::DeletionCost& cost : scaling::deletion_costs(pods_, seen.now)) {
    order.push_back(static_cast<std::uint32_t>(cost.pod));
  }
  return order;
}

}  // namespace penstock::sim
