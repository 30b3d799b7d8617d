// How many requests one core simulates per second. Prints; asserts only that the work was done,
// since a test machine's clock speed is not ours to assert. The figures of docs/engine-model.md
// come from here.
#include <cstdio>
#include <ctime>

#include <gtest/gtest.h>

#include "base/random.h"
#include "sim/engine_model/perf_presets.h"
#include "sim/virtual_time/fleet.h"

namespace penstock::sim {
namespace {

struct Load {
  const char* name;
  const char* preset;
  std::uint32_t engines;
  std::uint32_t requests;
  TokenCount prompt;
  TokenCount output;
  double per_second;  ///< over all engines
  bool hashes;
};

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Lengths uniform in [0, 2 × mean], arrivals uniform in time, requests round robin: open loop.
void simulate(const Load& load) {
  std::vector<Engine> engines;
  engines.reserve(load.engines);
  for (std::uint32_t i = 0; i < load.engines; ++i) {
    engines.push_back(*Engine::create({.token_events = false}, *perf_preset(load.preset)));
  }
  Fleet fleet(std::move(engines), Fleet::Coupling::kOpen);
  Random random(1);
  std::uint64_t finished = 0;
  std::uint64_t tokens = 0;
  const auto sink = [&](std::uint32_t, const EngineEvent& event) {
    if (event.kind == EventKind::kFinished) {
      ++finished;
      tokens += event.tokens;
    }
  };
  const double begin = cpu_seconds();
  for (std::uint32_t i = 0; i < load.requests; ++i) {
    const auto when =
        std::chrono::nanoseconds(static_cast<std::int64_t>(i / load.per_second * 1e9));
    fleet.run_until(SteadyTime{} + when, sink);
    const auto prompt = static_cast<TokenCount>(1 + random.below(std::uint64_t{2} * load.prompt));
    const auto output = static_cast<TokenCount>(1 + random.below(std::uint64_t{2} * load.output));
    const auto chain = load.hashes ? distinct_chain(i, prompt, 16) : std::vector<BlockHash>{};
    ASSERT_TRUE(
        fleet
            .add(i % load.engines,
                 {.id = i, .prompt_tokens = prompt, .output_tokens = output, .block_hashes = chain})
            .has_value());
  }
  fleet.run_until(SteadyTime::max(), sink);
  const double spent = cpu_seconds() - begin;
  EXPECT_EQ(finished, load.requests);
  EXPECT_GT(tokens, load.requests);
  std::uint64_t iterations = 0;
  std::uint64_t preemptions = 0;
  for (std::uint32_t i = 0; i < load.engines; ++i) {
    iterations += fleet.engine(i).counters().iterations;
    preemptions += fleet.engine(i).counters().preemptions;
  }
  const double virtual_seconds =
      std::chrono::duration<double>(fleet.engine(0).counters().busy).count();
  std::printf(
      "%-28s %6u requests in %6.3f s CPU: %7.0f requests/s (%5.2f M/min), %.2f M iterations/s, "
      "%.1f iterations per "
      "request, %llu preemptions, engine 0 busy %.0f s\n",
      load.name, load.requests, spent, load.requests / spent, load.requests / spent * 60 / 1e6,
      static_cast<double>(iterations) / spent / 1e6,
      static_cast<double>(iterations) / load.requests, static_cast<unsigned long long>(preemptions),
      virtual_seconds);
}

TEST(Speed, OneCore) {
  simulate({"azure-conv 1155/211 ×8", "llama3.1-8b/h100", 8, 20'000, 1155, 211, 120, true});
  simulate({"the same, no hashes", "llama3.1-8b/h100", 8, 20'000, 1155, 211, 120, false});
  simulate({"1k/128 ×1", "llama3.1-8b/h100", 1, 20'000, 1024, 128, 18, true});
  simulate({"8k/350 ×8, 70B", "llama3.1-70b/h100", 8, 5'000, 8192, 350, 6, true});
  simulate({"8k/350 ×8, 70B, overloaded", "llama3.1-70b/h100", 8, 5'000, 8192, 350, 60, true});
}

}  // namespace
}  // namespace penstock::sim
