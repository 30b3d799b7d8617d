#include "scaling/engine_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "scaling/prometheus_text.h"

namespace penstock::scaling {
namespace {

using enum MetricOf;

constexpr std::array kVllm = {
    EngineMetric{"vllm:num_requests_running", kRunning},
    EngineMetric{"vllm:num_requests_waiting", kWaiting},
    EngineMetric{"vllm:kv_cache_usage_perc", kKvUsage},
    EngineMetric{"vllm:gpu_cache_usage_perc", kKvUsage, 1},  // until 0.9
    EngineMetric{"vllm:cache_config_info", kKvConfig},
    EngineMetric{"vllm:prompt_tokens_total", kPromptTokens},
    EngineMetric{"vllm:generation_tokens_total", kGenerationTokens},
    EngineMetric{"vllm:prefix_cache_queries_total", kPrefixQueries},
    EngineMetric{"vllm:gpu_prefix_cache_queries_total", kPrefixQueries, 1},
    EngineMetric{"vllm:prefix_cache_hits_total", kPrefixHits},
    EngineMetric{"vllm:gpu_prefix_cache_hits_total", kPrefixHits, 1},
    EngineMetric{"vllm:num_preemptions_total", kPreemptions},
    EngineMetric{"vllm:iteration_tokens_total_count", kIterations},
};
constexpr std::array kSglang = {
    EngineMetric{"sglang:num_running_reqs", kRunning},
    EngineMetric{"sglang:num_queue_reqs", kWaiting},
    EngineMetric{"sglang:token_usage", kKvUsage},
    EngineMetric{"sglang:max_total_num_tokens", kKvCapacity},
    EngineMetric{"sglang:prompt_tokens_total", kPromptTokens},
    EngineMetric{"sglang:cached_tokens_total", kPrefixHits},
    EngineMetric{"sglang:generation_tokens_total", kGenerationTokens},
};
// Its prompt counter leaves cached tokens out; its rates average since the last scrape, whoever
// scraped, so they are not read.
constexpr std::array kLlamaCpp = {
    EngineMetric{"llamacpp:requests_processing", kRunning},
    EngineMetric{"llamacpp:requests_deferred", kWaiting},
    EngineMetric{"llamacpp:kv_cache_usage_ratio", kKvUsage},  // removed in 2025
    EngineMetric{"llamacpp:prompt_tokens_total", kComputedPromptTokens},
    EngineMetric{"llamacpp:prompt_tokens_cached_total", kPrefixHits},
    EngineMetric{"llamacpp:tokens_predicted_total", kGenerationTokens},
    EngineMetric{"llamacpp:n_decode_total", kIterations},
};
constexpr std::array kTgi = {
    EngineMetric{"tgi_batch_current_size", kRunning},
    EngineMetric{"tgi_queue_size", kWaiting},
    EngineMetric{"tgi_request_input_length_sum", kPromptTokens},
    EngineMetric{"tgi_request_generated_tokens_sum", kGenerationTokens},
};
constexpr std::array kDialects = {
    EngineDialect{"vLLM", "vllm:", kVllm},
    EngineDialect{"SGLang", "sglang:", kSglang},
    EngineDialect{"llama.cpp", "llamacpp:", kLlamaCpp},
    EngineDialect{"TGI", "tgi_", kTgi},
};

constexpr std::size_t kMeanings = static_cast<std::size_t>(kKvConfig) + 1;
constexpr std::size_t kMostSeries = 64;  ///< of one name: data-parallel engines in one pod

/// Sum of one meaning's series, of the best name only.
struct Total {
  double sum = 0;
  std::size_t series = 0;
  std::uint8_t rank = 0;
  std::array<std::size_t, kMostSeries> seen{};  ///< hashes of labels

  [[nodiscard]] std::optional<double> value() const {
    return series > 0 ? std::optional(sum) : std::nullopt;
  }
  [[nodiscard]] std::optional<double> mean() const {
    return series > 0 ? std::optional(sum / static_cast<double>(series)) : std::nullopt;
  }
};

std::optional<double> whole_number(std::optional<std::string_view> text) {
  if (!text) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), value);
  return code == std::errc() && end == text->data() + text->size()
             ? std::optional(static_cast<double>(value))
             : std::nullopt;
}

class Collector {
 public:
  /// False if the series cannot be right.
  [[nodiscard]] bool take(const Series& series) {
    const EngineDialect* dialect = dialect_of(series.name);
    if (dialect == nullptr || (engine_ != nullptr && engine_ != dialect)) {
      return true;
    }
    const auto metric = std::ranges::find(dialect->metrics, series.name, &EngineMetric::name);
    if (metric == dialect->metrics.end()) {
      return true;  // most of a page: buckets of histograms
    }
    // SGLang may report each tensor-parallel rank; all ranks do the same work.
    if (series.label("tp_rank").value_or("0") != "0") {
      return true;
    }
    engine_ = dialect;
    return add(totals_[static_cast<std::size_t>(metric->meaning)], *metric, series);
  }

  [[nodiscard]] EngineSample sample(SteadyTime scraped) const {
    EngineSample out;
    out.scraped = scraped;
    out.prompt_tokens = of(kPromptTokens).value();
    out.computed_prompt_tokens = of(kComputedPromptTokens).value();
    out.generation_tokens = of(kGenerationTokens).value();
    out.prefix_queries = of(kPrefixQueries).value();
    out.prefix_hits = of(kPrefixHits).value();
    out.preemptions = of(kPreemptions).value();
    out.iterations = of(kIterations).value();
    out.running = of(kRunning).value();
    out.waiting = of(kWaiting).value();
    out.kv_usage = of(kKvUsage).mean();
    out.kv_capacity_tokens = of(kKvCapacity).value();
    if (of(kKvConfig).series > 0) {
      out.kv_capacity_tokens = of(kKvConfig).value();
    }
    complete_prompts(out);
    out.fault = out.running && out.generation_tokens ? Fault::kNone : Fault::kMissing;
    return out;
  }

 private:
  [[nodiscard]] static const EngineDialect* dialect_of(std::string_view name) {
    const auto found = std::ranges::find_if(
        kDialects, [name](const EngineDialect& d) { return name.starts_with(d.prefix); });
    return found == kDialects.end() ? nullptr : &*found;
  }
  [[nodiscard]] const Total& of(MetricOf meaning) const {
    return totals_[static_cast<std::size_t>(meaning)];
  }

  [[nodiscard]] static bool add(Total& total, const EngineMetric& metric, const Series& series) {
    if (total.series > 0 && metric.rank > total.rank) {
      return true;  // a better name is there
    }
    if (total.series > 0 && metric.rank < total.rank) {
      total = {};
    }
    total.rank = metric.rank;
    const std::size_t hash = std::hash<std::string_view>()(series.labels);
    const auto end = total.seen.begin() + static_cast<std::ptrdiff_t>(total.series);
    if (total.series == kMostSeries || std::find(total.seen.begin(), end, hash) != end) {
      return false;
    }
    double value = series.value;
    if (metric.meaning == kKvConfig) {
      const auto blocks = whole_number(series.label("num_gpu_blocks"));
      const auto size = whole_number(series.label("block_size"));
      if (!blocks || !size) {
        return true;  // not told yet ("None" while the engine starts)
      }
      value = *blocks * *size;
    }
    total.seen[total.series++] = hash;
    total.sum += value;
    return true;
  }

  /// llama.cpp tells computed and cached prompt tokens, SGLang all and cached: fills in the third.
  static void complete_prompts(EngineSample& out) {
    if (!out.prompt_tokens && out.computed_prompt_tokens) {
      out.prompt_tokens = *out.computed_prompt_tokens + out.prefix_hits.value_or(0);
    }
    if (!out.prefix_queries && out.prefix_hits) {
      out.prefix_queries = out.prompt_tokens;
    }
  }

  const EngineDialect* engine_ = nullptr;
  std::array<Total, kMeanings> totals_{};
};

}  // namespace

std::span<const EngineDialect> engine_dialects() {
  return kDialects;
}

EngineSample read_engine_metrics(std::string_view text, SteadyTime scraped) {
  PrometheusReader reader(text);
  Collector collector;
  while (const auto series = reader.next()) {
    if (!collector.take(*series)) {
      return {.fault = Fault::kUnparsable, .scraped = scraped};
    }
  }
  if (!reader.error().empty()) {
    return {.fault = Fault::kUnparsable, .scraped = scraped};
  }
  return collector.sample(scraped);
}

}  // namespace penstock::scaling
