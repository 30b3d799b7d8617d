#include "engine/metrics.h"

#include <utility>

#include <fmt/format.h>

#include "engine/metric_families.h"
#include "telemetry/exposition.h"
#include "telemetry/process_metrics.h"

namespace penstock::engine {
namespace {

std::string_view name_of(EngineMetrics::Reason reason) {
  switch (reason) {
    case EngineMetrics::Reason::kStop:
      return "stop";
    case EngineMetrics::Reason::kLength:
      return "length";
    case EngineMetrics::Reason::kAbort:
      return "abort";
  }
  return "error";
}

std::string escaped(std::string_view label) {
  std::string out;
  for (const char c : label) {
    if (c == '\\' || c == '"') {
      out += '\\';
    }
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

}  // namespace

EngineMetrics::EngineMetrics(std::string model_name, const sim::Engine& engine)
    : model_name_(std::move(model_name)),
      first_token_(histogram(metric::kFirstToken)),
      inter_token_(histogram(metric::kInterToken)),
      max_tokens_(histogram(metric::kMaxTokens)),
      iteration_tokens_(histogram(metric::kIterationTokens)) {
  for (const auto reason : {Reason::kStop, Reason::kLength, Reason::kAbort}) {
    registry_.cell(metric::kFinished, {model_name_, "0", name_of(reason)}).set(0);
  }
  for (const auto* family : {&metric::kTimePerToken, &metric::kEndToEnd, &metric::kQueueTime,
                             &metric::kPrefillTime, &metric::kDecodeTime, &metric::kInferenceTime,
                             &metric::kRequestPrompt, &metric::kRequestGeneration}) {
    (void)histogram(*family);
  }
  const sim::EngineConfig& config = engine.config();
  registry_
      .cell(metric::kCacheConfig,
            {"0", std::to_string(config.block_size), std::to_string(engine.cache().total()),
             config.prefix_caching ? "True" : "False", "auto"})
      .set(1);
}

void EngineMetrics::finished(const RequestTimes& times) {
  histogram(metric::kEndToEnd).observe(times.end_to_end);
  histogram(metric::kQueueTime).observe(times.queue);
  histogram(metric::kPrefillTime).observe(times.prefill);
  histogram(metric::kDecodeTime).observe(times.decode);
  histogram(metric::kInferenceTime).observe(times.prefill + times.decode);
  histogram(metric::kRequestPrompt).observe(times.prompt_tokens);
  histogram(metric::kRequestGeneration).observe(times.output_tokens);
  if (times.output_tokens > 1) {
    histogram(metric::kTimePerToken).observe(times.decode / (times.output_tokens - 1));
  }
}

void EngineMetrics::ended(Reason reason) {
  registry_.cell(metric::kFinished, {model_name_, "0", name_of(reason)}).add();
}

void EngineMetrics::set(const telemetry::Family& family, std::uint64_t value) {
  registry_.cell(family, {model_name_, "0"}).set(static_cast<std::int64_t>(value));
}

std::string EngineMetrics::text(const sim::Engine& engine) {
  const sim::EngineGauges gauges = engine.gauges();
  const sim::EngineCounters& counters = engine.counters();
  set(metric::kRunning, gauges.running);
  set(metric::kWaiting, gauges.waiting);
  set(metric::kPrefixQueries, counters.prefix_cache_queries);
  set(metric::kPrefixHits, counters.prefix_cache_hits);
  set(metric::kPreemptions, counters.preemptions);
  set(metric::kPromptTokens, counters.prompt_tokens);
  set(metric::kGenerationTokens, counters.generation_tokens);
  const telemetry::Registry* registry = &registry_;
  std::string out = telemetry::Exposition::text({&registry, 1});
  // The one gauge that is no integer.
  out += fmt::format(
      "# HELP {0} {1}\n# TYPE {0} gauge\n{0}{{model_name=\"{2}\",engine=\"0\"}} {3}\n",
      metric::kCacheUsage.name, metric::kCacheUsage.help, escaped(model_name_), gauges.kv_usage());
  out += telemetry::process_metrics_text();
  return out;
}

}  // namespace penstock::engine
