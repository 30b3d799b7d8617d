#include "scaling/engine_metrics.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/metrics.h"
#include "scaling/evidence.h"
#include "sim/engine_model/perf_presets.h"

namespace penstock::scaling {
namespace {

const SteadyTime kScraped{std::chrono::seconds(77)};

EngineSample read(std::string_view text) {
  return read_engine_metrics(text, kScraped);
}

TEST(EngineMetrics, ReadsVllmAndSumsItsEngines) {
  const EngineSample s = read(R"(# HELP vllm:num_requests_running Number of requests.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 12.0
vllm:num_requests_running{engine="1",model_name="m"} 8.0
vllm:num_requests_waiting{engine="0",model_name="m"} 3.0
vllm:num_requests_waiting{engine="1",model_name="m"} 0.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.5
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.3
vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="1000",enable_prefix_caching="True"} 1.0
vllm:cache_config_info{block_size="16",engine="1",num_gpu_blocks="1000",enable_prefix_caching="True"} 1.0
vllm:prompt_tokens_total{engine="0",model_name="m"} 1.5e+06
vllm:prompt_tokens_total{engine="1",model_name="m"} 500000
vllm:generation_tokens_total{engine="0",model_name="m"} 1000
vllm:prefix_cache_queries_total{engine="0",model_name="m"} 900
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 300
vllm:num_preemptions_total{engine="0",model_name="m"} 2
vllm:iteration_tokens_total_bucket{le="1.0",engine="0"} 5
vllm:iteration_tokens_total_sum{engine="0"} 50
vllm:iteration_tokens_total_count{engine="0"} 20
vllm:request_success_total{finished_reason="stop"} 4
process_resident_memory_bytes 5e9
)");
  EXPECT_EQ(s.fault, Fault::kNone);
  EXPECT_EQ(s.scraped, kScraped);
  EXPECT_EQ(s.running, 20);
  EXPECT_EQ(s.waiting, 3);
  EXPECT_EQ(s.kv_usage, 0.4);
  EXPECT_EQ(s.kv_capacity_tokens, 32'000);
  EXPECT_EQ(s.prompt_tokens, 2'000'000);
  EXPECT_EQ(s.generation_tokens, 1'000);
  EXPECT_EQ(s.prefix_queries, 900);
  EXPECT_EQ(s.prefix_hits, 300);
  EXPECT_EQ(s.preemptions, 2);
  EXPECT_EQ(s.iterations, 20);
}

TEST(EngineMetrics, OlderNamesCountOnlyWithoutTheNewer) {
  const std::string base = "vllm:num_requests_running 1\nvllm:generation_tokens_total 1\n";
  EXPECT_EQ(read(base + "vllm:gpu_cache_usage_perc 0.7\n").kv_usage, 0.7);
  EXPECT_EQ(read(base + "vllm:gpu_cache_usage_perc 0.7\nvllm:kv_cache_usage_perc 0.2\n").kv_usage,
            0.2);
  EXPECT_EQ(read(base + "vllm:kv_cache_usage_perc 0.2\nvllm:gpu_cache_usage_perc 0.7\n").kv_usage,
            0.2);
}

TEST(EngineMetrics, ReadsSglangOnce) {
  const EngineSample s = read(R"(sglang:num_running_reqs{model_name="m",tp_rank="0"} 7
sglang:num_running_reqs{model_name="m",tp_rank="1"} 7
sglang:num_queue_reqs{model_name="m",tp_rank="0"} 2
sglang:token_usage{model_name="m",tp_rank="0"} 0.28
sglang:max_total_num_tokens{model_name="m",tp_rank="0"} 440000
sglang:prompt_tokens_total{model_name="m"} 8000
sglang:cached_tokens_total{model_name="m"} 2000
sglang:generation_tokens_total{model_name="m"} 7000
sglang:gen_throughput{model_name="m"} 86.5
)");
  EXPECT_EQ(s.fault, Fault::kNone);
  EXPECT_EQ(s.running, 7) << "ranks of one engine are not added up";
  EXPECT_EQ(s.waiting, 2);
  EXPECT_EQ(s.kv_usage, 0.28);
  EXPECT_EQ(s.kv_capacity_tokens, 440'000);
  EXPECT_EQ(s.prefix_hits, 2'000);
  EXPECT_EQ(s.prefix_queries, 8'000);
}

TEST(EngineMetrics, ReadsLlamaCppWhosePromptTokensAreComputedOnes) {
  const EngineSample s = read(R"(llamacpp:prompt_tokens_total 900
llamacpp:prompt_tokens_cached_total 100
llamacpp:tokens_predicted_total 400
llamacpp:n_decode_total 250
llamacpp:prompt_tokens_seconds 1234.5
llamacpp:requests_processing 3
llamacpp:requests_deferred 5
)");
  EXPECT_EQ(s.fault, Fault::kNone);
  EXPECT_EQ(s.computed_prompt_tokens, 900);
  EXPECT_EQ(s.prompt_tokens, 1'000);
  EXPECT_EQ(s.prefix_queries, 1'000);
  EXPECT_EQ(s.running, 3);
  EXPECT_EQ(s.waiting, 5);
  EXPECT_EQ(s.iterations, 250);
  EXPECT_FALSE(s.kv_usage);
}

TEST(EngineMetrics, ReadsTgi) {
  const EngineSample s = read(R"(tgi_queue_size 4
tgi_batch_current_size 9
tgi_request_input_length_sum 5000
tgi_request_input_length_count 20
tgi_request_generated_tokens_sum 800
)");
  EXPECT_EQ(s.fault, Fault::kNone);
  EXPECT_EQ(s.running, 9);
  EXPECT_EQ(s.prompt_tokens, 5'000);
  EXPECT_EQ(s.generation_tokens, 800);
}

TEST(EngineMetrics, WhatIsNoKnownEngineIsMissing) {
  EXPECT_EQ(read("").fault, Fault::kMissing);
  EXPECT_EQ(read("nv_gpu_utilization 0.5\n").fault, Fault::kMissing);
  EXPECT_EQ(read("vllm:num_requests_running 3\n").fault, Fault::kMissing) << "no token counter";
}

TEST(EngineMetrics, StrangeTextIsAFaultAndNeverAGuess) {
  const std::string fine = "vllm:num_requests_running 1\nvllm:generation_tokens_total 1\n";
  EXPECT_EQ(read("<html>502</html>").fault, Fault::kUnparsable);
  EXPECT_EQ(read(fine + "vllm:kv_cache_usage_perc").fault, Fault::kUnparsable) << "cut off";
  EXPECT_EQ(read(fine + "vllm:num_requests_running 1\n").fault, Fault::kUnparsable) << "twice";
  std::string many = fine;
  for (int i = 0; i < 100; ++i) {
    many += "vllm:num_requests_waiting{engine=\"" + std::to_string(i) + "\"} 1\n";
  }
  EXPECT_EQ(read(many).fault, Fault::kUnparsable);
  EXPECT_EQ(judge(read(fine + "vllm:kv_cache_usage_perc NaN\n"), kScraped), Fault::kNotANumber);
  const std::string starting = fine + "vllm:cache_config_info{num_gpu_blocks=\"None\"} 1\n";
  EXPECT_FALSE(read(starting).kv_capacity_tokens);
}

TEST(EngineMetrics, NamesOfTheTableAreUniqueAndBelongToTheirEngine) {
  for (const EngineDialect& dialect : engine_dialects()) {
    for (const EngineMetric& metric : dialect.metrics) {
      EXPECT_TRUE(metric.name.starts_with(dialect.prefix)) << metric.name;
      EXPECT_EQ(std::ranges::count(dialect.metrics, metric.name, &EngineMetric::name), 1);
    }
  }
}

TEST(EngineMetrics, ReadsWhatTheSimulatedEngineExports) {
  auto perf = sim::perf_preset(sim::kDefaultPerfPreset);
  ASSERT_TRUE(perf);
  auto engine = sim::Engine::create({}, *perf);
  ASSERT_TRUE(engine);
  engine::EngineMetrics metrics("meta-llama/Llama \"3\"", *engine);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(engine->add({.id = 1, .prompt_tokens = 500, .output_tokens = 100}));
  }
  SteadyTime now{std::chrono::seconds(1)};
  double iterations = 0;
  while (engine->counters().generation_tokens < 50) {
    const auto iteration = engine->start(now);
    ASSERT_TRUE(iteration);
    now = iteration->end;
    (void)engine->complete();
    metrics.iteration(iteration->prefill_tokens + iteration->decode_sequences);
    iterations += 1;
  }
  const EngineSample s = read(metrics.text(*engine));
  EXPECT_EQ(s.fault, Fault::kNone);
  EXPECT_EQ(s.running, 5);
  EXPECT_EQ(s.waiting, 0);
  EXPECT_EQ(s.prompt_tokens, 2'500);
  EXPECT_EQ(s.generation_tokens, static_cast<double>(engine->counters().generation_tokens));
  EXPECT_EQ(s.iterations, iterations);
  EXPECT_NEAR(s.kv_capacity_tokens.value_or(0), perf->kv_capacity_tokens(), 16);
  EXPECT_GT(s.kv_usage.value_or(0), 0);
  EXPECT_TRUE(s.preemptions && s.prefix_hits && s.prefix_queries);
}

}  // namespace
}  // namespace penstock::scaling
