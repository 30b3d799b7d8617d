#pragma once
// Every metric of the engine: vLLM V1's names, help and buckets (vllm/v1/metrics/loggers.py). Knows
// nothing of values.

#include <array>
#include <string_view>

#include "telemetry/family.h"

namespace penstock::engine::metric {

using telemetry::Family;
using telemetry::Kind;

inline constexpr std::array<std::string_view, 2> kLabels = {"model_name", "engine"};
inline constexpr std::array<std::string_view, 3> kFinishedLabels = {"model_name", "engine",
                                                                    "finished_reason"};
inline constexpr std::array<std::string_view, 5> kCacheLabels = {
    "engine", "block_size", "num_gpu_blocks", "enable_prefix_caching", "cache_dtype"};

inline constexpr std::array<double, 22> kFirstTokenBounds = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,  0.25,  0.5,   0.75,
    1.0,   2.5,   5.0,  7.5,  10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0};
inline constexpr std::array<double, 19> kTokenBounds = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,
                                                        0.3,  0.4,   0.5,  0.75,  1.0, 2.5,  5.0,
                                                        7.5,  10.0,  20.0, 40.0,  80.0};
inline constexpr std::array<double, 21> kRequestBounds = {
    0.3,  0.5,  0.8,  1.0,  1.5,   2.0,   2.5,   5.0,   10.0,   15.0,  20.0,
    30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0};
inline constexpr std::array<double, 18> kCountBounds = {
    1,    2,    5,    10,    20,    50,    100,    200,    500,
    1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000};
inline constexpr std::array<double, 13> kIterationBounds = {1,   8,    16,   32,   64,   128,  256,
                                                            512, 1024, 2048, 4096, 8192, 16384};

constexpr Family gauge(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .kind = Kind::kGauge, .labels = kLabels, .bounds = {}};
}
constexpr Family counter(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .kind = Kind::kCounter, .labels = kLabels, .bounds = {}};
}
constexpr Family histogram(std::string_view name, std::string_view help,
                           std::span<const double> bounds) {
  return {
      .name = name, .help = help, .kind = Kind::kHistogram, .labels = kLabels, .bounds = bounds};
}

inline constexpr Family kRunning =
    gauge("vllm:num_requests_running", "Number of requests in model execution batches.");
inline constexpr Family kWaiting =
    gauge("vllm:num_requests_waiting", "Number of requests waiting to be processed.");
inline constexpr Family kCacheUsage =
    gauge("vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.");
inline constexpr Family kCacheConfig{.name = "vllm:cache_config_info",
                                     .help = "Information of the LLMEngine CacheConfig.",
                                     .kind = Kind::kGauge,
                                     .labels = kCacheLabels,
                                     .bounds = {}};

inline constexpr Family kPrefixQueries =
    counter("vllm:prefix_cache_queries_total",
            "Prefix cache queries, in terms of number of queried tokens.");
inline constexpr Family kPrefixHits = counter(
    "vllm:prefix_cache_hits_total", "Prefix cache hits, in terms of number of cached tokens.");
inline constexpr Family kPreemptions =
    counter("vllm:num_preemptions_total", "Cumulative number of preemptions from the engine.");
inline constexpr Family kPromptTokens =
    counter("vllm:prompt_tokens_total", "Number of prefill tokens processed.");
inline constexpr Family kGenerationTokens =
    counter("vllm:generation_tokens_total", "Number of generation tokens processed.");
inline constexpr Family kFinished{.name = "vllm:request_success_total",
                                  .help = "Count of successfully processed requests.",
                                  .kind = Kind::kCounter,
                                  .labels = kFinishedLabels,
                                  .bounds = {}};

inline constexpr Family kFirstToken =
    histogram("vllm:time_to_first_token_seconds", "Histogram of time to first token in seconds.",
              kFirstTokenBounds);
inline constexpr Family kInterToken =
    histogram("vllm:inter_token_latency_seconds", "Histogram of inter-token latency in seconds.",
              kTokenBounds);
inline constexpr Family kTimePerToken =
    histogram("vllm:request_time_per_output_token_seconds",
              "Histogram of time per output token in seconds per request.", kTokenBounds);
inline constexpr Family kEndToEnd =
    histogram("vllm:e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.",
              kRequestBounds);
inline constexpr Family kQueueTime =
    histogram("vllm:request_queue_time_seconds",
              "Histogram of time spent in WAITING phase for request.", kRequestBounds);
inline constexpr Family kPrefillTime =
    histogram("vllm:request_prefill_time_seconds",
              "Histogram of time spent in PREFILL phase for request.", kRequestBounds);
inline constexpr Family kDecodeTime =
    histogram("vllm:request_decode_time_seconds",
              "Histogram of time spent in DECODE phase for request.", kRequestBounds);
inline constexpr Family kInferenceTime =
    histogram("vllm:request_inference_time_seconds",
              "Histogram of time spent in RUNNING phase for request.", kRequestBounds);
inline constexpr Family kRequestPrompt =
    histogram("vllm:request_prompt_tokens", "Number of prefill tokens processed.", kCountBounds);
inline constexpr Family kRequestGeneration = histogram(
    "vllm:request_generation_tokens", "Number of generation tokens processed.", kCountBounds);
inline constexpr Family kMaxTokens =
    histogram("vllm:request_params_max_tokens", "Histogram of the max_tokens request parameter.",
              kCountBounds);
inline constexpr Family kIterationTokens =
    histogram("vllm:iteration_tokens_total", "Histogram of number of tokens per engine_step.",
              kIterationBounds);

}  // namespace penstock::engine::metric
