// What scaling costs: a tick of many deployments with fresh data from a gateway and all pods, and
// reading an engine's metrics page. The counter core_share is the share of one core when every
// deployment ticks once a second.
#include <chrono>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "scaling/engine_metrics.h"
#include "scaling/policy.h"

namespace {

using namespace penstock::scaling;
using namespace std::chrono_literals;

constexpr std::size_t kDeployments = 2'000;

struct Deployment {
  State state;
  DemandSample demand;
  std::vector<PodReport> pods;
};

Settings settings() {
  Settings s;
  s.min_replicas = 1;
  s.max_replicas = 100;
  s.objectives = {.first_token_seconds = 1, .token_seconds = 0.1};
  s.prior = {.times = {.prefill = 60e-6, .decode = 70e-6, .iteration = 0.015},
             .limits = {.kv_tokens = 400'000}};
  return s;
}

/// The next second of a deployment: calls came, engines went on.
void advance(Deployment& d, std::size_t number, penstock::SteadyTime now) {
  const auto calls =
      static_cast<double>(3 + (number + static_cast<std::size_t>(now.time_since_epoch() / 1s)) % 5);
  d.demand = {.start = now - 1s,
              .calls = calls,
              .prompt_tokens = calls * 900,
              .prompt_tokens_squared = calls * 1.6e6,
              .completed_calls = calls,
              .completed_output_tokens = calls * 180};
  for (PodReport& pod : d.pods) {
    EngineSample& e = pod.engine;
    e.scraped = now;
    e.prompt_tokens = e.prompt_tokens.value_or(0) + 3'000;
    e.generation_tokens = e.generation_tokens.value_or(0) + 900;
    e.prefix_queries = e.prompt_tokens;
    e.prefix_hits = *e.prompt_tokens / 4;
    e.iterations = e.iterations.value_or(0) + 55;
    e.running = 12 + calls;
    e.waiting = 0;
    e.kv_usage = 0.3;
    e.kv_capacity_tokens = 400'000;
  }
}

std::vector<Deployment> fleet(std::size_t pods, penstock::SteadyTime now) {
  std::vector<Deployment> all(kDeployments);
  for (Deployment& d : all) {
    for (std::size_t i = 0; i < pods; ++i) {
      d.pods.push_back({.id = i + 1,
                        .facts = {.created = now - 1h, .ready_since = now - 50min},
                        .engine = {.fault = Fault::kNone}});
    }
  }
  return all;
}

/// One iteration is one second of the whole fleet.
void tick_fleet(benchmark::State& bench) {
  const auto pods = static_cast<std::size_t>(bench.range(0));
  const Settings s = settings();
  penstock::SteadyTime now{10'000s};
  std::vector<Deployment> all = fleet(pods, now);
  const auto second = [&] {
    now += 1s;
    for (std::size_t i = 0; i < all.size(); ++i) {
      Deployment& d = all[i];
      advance(d, i, now);
      const GatewayReport gateway{.id = 1, .through = now, .news = {&d.demand, 1}};
      benchmark::DoNotOptimize(tick(s, d.state,
                                    {.now = now,
                                     .replicas = static_cast<std::int32_t>(pods),
                                     .gateways = {&gateway, 1},
                                     .pods = d.pods}));
    }
  };
  for (int i = 0; i < 70; ++i) {  // windows fill
    second();
  }
  for (auto _ : bench) {
    second();
  }
  bench.counters["core_share"] =
      benchmark::Counter(static_cast<double>(bench.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  bench.counters["state_bytes"] = sizeof(State);
}
BENCHMARK(tick_fleet)->Arg(1)->Arg(5)->Arg(20)->Unit(benchmark::kMillisecond);

/// A page like vLLM's: a few gauges among many histogram buckets.
void read_page(benchmark::State& bench) {
  std::string page;
  for (int i = 0; i < 40; ++i) {
    const std::string family = "vllm:some_histogram_" + std::to_string(i) + "_seconds";
    page += "# HELP " + family + " Histogram of something.\n# TYPE " + family + " histogram\n";
    for (int bucket = 0; bucket < 20; ++bucket) {
      page += family + "_bucket{engine=\"0\",le=\"" + std::to_string(bucket) +
              ".0\",model_name=\"meta-llama/Llama-3.1-8B-Instruct\"} 1234.0\n";
    }
  }
  for (const EngineMetric& metric : engine_dialects().front().metrics) {
    page += std::string(metric.name) + "{engine=\"0\"} 0.5\n";
  }
  for (auto _ : bench) {
    benchmark::DoNotOptimize(read_engine_metrics(page, {}));
  }
  bench.SetBytesProcessed(static_cast<std::int64_t>(page.size()) * bench.iterations());
}
BENCHMARK(read_page)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
