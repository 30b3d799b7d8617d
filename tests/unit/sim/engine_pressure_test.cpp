// The engine when KV blocks are short: who waits, who is preempted, what is recomputed.
#include <algorithm>

#include <gtest/gtest.h>

#include "sim/engine_model/engine.h"
#include "sim/engine_model/perf_presets.h"
#include "sim/virtual_time/request_log.h"

namespace penstock::sim {
namespace {

Engine make(TokenCount kv_tokens, const EngineConfig& rest = {}) {
  EngineConfig config = rest;
  config.kv_capacity_tokens = kv_tokens;
  return *Engine::create(config, *perf_preset(kDefaultPerfPreset));
}

void send(Engine& engine, RequestLog& log, TokenCount prompt, TokenCount output,
          std::int32_t priority = 0, std::span<const BlockHash> chain = {}) {
  const RequestId id = log.arrive({});
  ASSERT_TRUE(engine
                  .add({.id = id,
                        .prompt_tokens = prompt,
                        .output_tokens = output,
                        .priority = priority,
                        .block_hashes = chain})
                  .has_value());
}

void drain(Engine& engine, RequestLog& log) {
  SteadyTime now;
  while (const auto run = engine.start(now)) {
    now = run->end;
    for (const EngineEvent& event : engine.complete()) {
      log.record(event);
    }
    ASSERT_LE(engine.gauges().kv_blocks_used, engine.gauges().kv_blocks_total);
  }
}

TEST(EnginePressure, AHeadThatDoesNotFitBlocksTheQueue) {
  Engine engine = make(160);
  RequestLog log;
  send(engine, log, 100, 20);
  send(engine, log, 100, 20);  // needs seven of the three blocks left
  send(engine, log, 10, 1);    // would fit, but FCFS means FCFS
  drain(engine, log);
  const auto& t = log.timings();
  EXPECT_GE(t[1].scheduled, t[0].finished);
  EXPECT_GE(t[2].scheduled, t[1].scheduled);
  EXPECT_EQ(engine.counters().preemptions, 0U);
}

TEST(EnginePressure, TheLastArrivedIsPreemptedAndRecomputes) {
  Engine engine = make(160);  // ten blocks; both need seven in the end
  RequestLog log;
  send(engine, log, 64, 48);
  send(engine, log, 64, 48);
  drain(engine, log);
  const auto& t = log.timings();
  EXPECT_EQ(t[0].preemptions, 0U);
  EXPECT_GE(t[1].preemptions, 1U);
  EXPECT_TRUE(t[0].done);
  EXPECT_TRUE(t[1].done);
  EXPECT_EQ(t[1].output_tokens, 48U);
  EXPECT_EQ(engine.counters().generation_tokens, 96U);  // no token is generated twice
  EXPECT_GT(engine.counters().recomputed_tokens, 64U);
  EXPECT_EQ(engine.counters().computed_prefill_tokens,
            128U + engine.counters().recomputed_tokens + 1U);
  EXPECT_EQ(engine.gauges().kv_blocks_used, 0U);
}

TEST(EnginePressure, APreemptedRequestFindsItsOwnBlocksAgain) {
  Engine engine = make(160);
  RequestLog log;
  const auto first = distinct_chain(1, 64, 16);
  const auto second = distinct_chain(2, 64, 16);
  send(engine, log, 64, 48, 0, first);
  send(engine, log, 64, 48, 0, second);
  drain(engine, log);
  EXPECT_GE(log.timings()[1].preemptions, 1U);
  // Some of its prompt was still cached when it came back; the first lookup alone is what the
  // metric counts.
  EXPECT_LT(engine.counters().computed_prefill_tokens, 128U + engine.counters().recomputed_tokens);
  EXPECT_EQ(engine.counters().prefix_cache_queries, 128U);
  EXPECT_EQ(engine.counters().prefix_cache_hits, 0U);
}

TEST(EnginePressure, UnderPriorityTheLeastImportantGivesWay) {
  Engine engine = make(160, {.policy = SchedulingPolicy::kPriority});
  RequestLog log;
  send(engine, log, 64, 48, 9);
  send(engine, log, 64, 48, 1);
  drain(engine, log);
  EXPECT_GE(log.timings()[0].preemptions, 1U);
  EXPECT_EQ(log.timings()[1].preemptions, 0U);
}

TEST(EnginePressure, APromptUnderWayGivesWayToThoseThatDecode) {
  Engine engine = make(256, {.max_num_batched_tokens = 34, .max_num_seqs = 4});
  RequestLog log;
  send(engine, log, 30, 200);
  send(engine, log, 200, 20);
  drain(engine, log);
  EXPECT_EQ(log.timings()[0].preemptions, 0U);
  EXPECT_GE(log.timings()[1].preemptions, 1U);
  EXPECT_TRUE(log.timings()[1].done);
}

TEST(EnginePressure, ALoneRequestMayFillTheWholeCache) {
  Engine engine = make(160);
  RequestLog log;
  send(engine, log, 100, 60);
  drain(engine, log);
  EXPECT_TRUE(log.timings()[0].done);
  EXPECT_EQ(engine.counters().preemptions, 0U);
}

TEST(EnginePressure, EverybodyEndsInAPreemptionStorm) {
  Engine engine = make(512, {.max_num_seqs = 32});
  RequestLog log;
  for (int i = 0; i < 60; ++i) {
    send(engine, log, 16, 300);
  }
  drain(engine, log);
  EXPECT_GT(engine.counters().preemptions, 60U);
  for (const RequestTiming& timing : log.timings()) {
    EXPECT_TRUE(timing.done);
    EXPECT_EQ(timing.output_tokens, 300U);
  }
  // Whoever came first ends first: nobody starves behind later ones.
  EXPECT_TRUE(std::ranges::is_sorted(log.timings(), {}, &RequestTiming::finished));
  EXPECT_TRUE(engine.cache().consistent());
}

}  // namespace
}  // namespace penstock::sim
