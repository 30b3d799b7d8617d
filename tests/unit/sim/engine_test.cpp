// The engine when KV blocks are plenty: times, order, prefix cache, abort. Shortage is in
// engine_pressure_test.cpp.
#include "sim/engine_model/engine.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "sim/engine_model/perf_presets.h"

namespace penstock::sim {
namespace {

using std::chrono::nanoseconds;

PerfModel perf() {
  return *perf_preset(kDefaultPerfPreset);
}

Engine make(const EngineConfig& config = {}) {
  return *Engine::create(config, perf());
}

SteadyTime at(nanoseconds since_start) {
  return SteadyTime{} + since_start;
}

/// Runs to the end of all requests and keeps every event.
std::vector<EngineEvent> drain(Engine& engine, SteadyTime now = {}) {
  std::vector<EngineEvent> all;
  while (const auto run = engine.start(now)) {
    now = run->end;
    const auto events = engine.complete();
    all.insert(all.end(), events.begin(), events.end());
  }
  return all;
}

/// start() where there must be work.
Iteration begin(Engine& engine, SteadyTime now) {
  const auto run = engine.start(now);
  EXPECT_TRUE(run.has_value());
  return run.value_or(Iteration{});
}

std::vector<EngineEvent> of(const std::vector<EngineEvent>& events, RequestId id, EventKind kind) {
  std::vector<EngineEvent> found;
  for (const EngineEvent& event : events) {
    if (event.id == id && event.kind == kind) {
      found.push_back(event);
    }
  }
  return found;
}

TEST(Engine, HasNothingToDoWithoutRequests) {
  Engine engine = make();
  EXPECT_FALSE(engine.start({}).has_value());
  EXPECT_TRUE(engine.idle());
  EXPECT_FALSE(engine.busy());
}

TEST(Engine, TimesALoneRequestByTheFormula) {
  Engine engine = make();
  ASSERT_TRUE(engine.add({.id = 7, .prompt_tokens = 1000, .output_tokens = 3}).has_value());
  const auto events = drain(engine);

  const nanoseconds prefill = perf().prefill_time(1000, 0, 8192);
  const nanoseconds second =
      perf().iteration_time({.decode_sequences = 1, .decode_context_tokens = 1001});
  const nanoseconds third =
      perf().iteration_time({.decode_sequences = 1, .decode_context_tokens = 1002});
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(events[0].kind, EventKind::kScheduled);
  EXPECT_EQ(events[0].time, at(nanoseconds(0)));
  EXPECT_EQ(events[1].kind, EventKind::kFirstToken);
  EXPECT_EQ(events[1].time, at(prefill));
  EXPECT_EQ(events[2].kind, EventKind::kToken);
  EXPECT_EQ(events[2].time, at(prefill + second));
  EXPECT_EQ(events[3].time, at(prefill + second + third));
  EXPECT_EQ(events[3].tokens, 3U);
  EXPECT_EQ(events[4].kind, EventKind::kFinished);
  EXPECT_EQ(events[4].tokens, 3U);
  EXPECT_EQ(engine.counters().busy, prefill + second + third);
  EXPECT_EQ(engine.counters().prompt_tokens, 1000U);
  EXPECT_EQ(engine.counters().generation_tokens, 3U);
}

TEST(Engine, SplitsALongPromptIntoChunks) {
  Engine engine = make({.max_num_batched_tokens = 300});
  ASSERT_TRUE(engine.add({.id = 1, .prompt_tokens = 700, .output_tokens = 1}).has_value());
  std::vector<TokenCount> chunks;
  SteadyTime now;
  while (const auto run = engine.start(now)) {
    chunks.push_back(run->prefill_tokens);
    now = run->end;
    static_cast<void>(engine.complete());
  }
  EXPECT_EQ(chunks, (std::vector<TokenCount>{300, 300, 100}));
  EXPECT_EQ(now, at(perf().prefill_time(700, 0, 300)));
}

TEST(Engine, DecodesFirstAndFillsTheIterationWithPrompts) {
  Engine engine = make({.max_num_batched_tokens = 256});
  ASSERT_TRUE(engine.add({.id = 1, .prompt_tokens = 100, .output_tokens = 50}).has_value());
  Iteration run = begin(engine, {});
  static_cast<void>(engine.complete());
  ASSERT_TRUE(engine.add({.id = 2, .prompt_tokens = 200, .output_tokens = 50}).has_value());
  ASSERT_TRUE(engine.add({.id = 3, .prompt_tokens = 100, .output_tokens = 50}).has_value());
  run = begin(engine, run.end);
  EXPECT_EQ(run.decode_sequences, 1U);
  EXPECT_EQ(run.prefill_tokens, 255U);  // 200 of the second, 55 of the third
  static_cast<void>(engine.complete());
  run = begin(engine, run.end);
  EXPECT_EQ(run.decode_sequences, 2U);
  EXPECT_EQ(run.prefill_tokens, 45U);
}

TEST(Engine, AdmitsInOrderOfArrivalUpToTheSequenceLimit) {
  Engine engine = make({.max_num_seqs = 2});
  for (RequestId id = 1; id <= 4; ++id) {
    ASSERT_TRUE(engine.add({.id = id, .prompt_tokens = 10, .output_tokens = 5}).has_value());
  }
  static_cast<void>(engine.start({}));
  EXPECT_EQ(engine.gauges().running, 2U);
  EXPECT_EQ(engine.gauges().waiting, 2U);
  EXPECT_EQ(engine.gauges().waiting_prefill_tokens, 20U);
  static_cast<void>(engine.complete());
  const auto events = drain(engine);
  EXPECT_LT(of(events, 1, EventKind::kFinished)[0].time,
            of(events, 3, EventKind::kFirstToken)[0].time);
  EXPECT_EQ(of(events, 3, EventKind::kScheduled)[0].time,
            of(events, 4, EventKind::kScheduled)[0].time);
}

TEST(Engine, PriorityOvertakesOnlyUnderThePriorityPolicy) {
  for (const auto policy : {SchedulingPolicy::kFcfs, SchedulingPolicy::kPriority}) {
    Engine engine = make({.max_num_seqs = 1, .policy = policy});
    ASSERT_TRUE(
        engine.add({.id = 1, .prompt_tokens = 10, .output_tokens = 2, .priority = 5}).has_value());
    ASSERT_TRUE(
        engine.add({.id = 2, .prompt_tokens = 10, .output_tokens = 2, .priority = 5}).has_value());
    ASSERT_TRUE(
        engine.add({.id = 3, .prompt_tokens = 10, .output_tokens = 2, .priority = -1}).has_value());
    const auto events = drain(engine);
    const bool overtook =
        of(events, 3, EventKind::kFinished)[0].time < of(events, 1, EventKind::kFinished)[0].time;
    EXPECT_EQ(overtook, policy == SchedulingPolicy::kPriority);
    EXPECT_LT(of(events, 1, EventKind::kFinished)[0].time,
              of(events, 2, EventKind::kFinished)[0].time);
  }
}

TEST(Engine, ASecondPromptSkipsWhatTheFirstComputed) {
  Engine engine = make();
  const auto chain = distinct_chain(1, 1000, 16);
  ASSERT_TRUE(
      engine.add({.id = 1, .prompt_tokens = 1000, .output_tokens = 1, .block_hashes = chain})
          .has_value());
  const auto first = drain(engine);
  EXPECT_EQ(first[0].cached_tokens, 0U);
  ASSERT_TRUE(
      engine.add({.id = 2, .prompt_tokens = 1000, .output_tokens = 1, .block_hashes = chain})
          .has_value());
  const auto second = drain(engine);
  EXPECT_EQ(second[0].cached_tokens, 992U);  // 62 full blocks of 16
  EXPECT_EQ(second.back().time, at(perf().prefill_time(1000, 992, 8192)));
  EXPECT_EQ(engine.counters().prefix_cache_queries, 2000U);
  EXPECT_EQ(engine.counters().prefix_cache_hits, 992U);
  EXPECT_EQ(engine.counters().computed_prefill_tokens, 1008U);
}

TEST(Engine, TheLastPromptTokenIsAlwaysComputed) {
  Engine engine = make();
  const auto chain = distinct_chain(1, 64, 16);
  for (RequestId id = 1; id <= 2; ++id) {
    ASSERT_TRUE(
        engine.add({.id = id, .prompt_tokens = 64, .output_tokens = 1, .block_hashes = chain})
            .has_value());
    drain(engine);
  }
  EXPECT_EQ(engine.counters().prefix_cache_hits,
            48U);  // not 64: the fourth block holds the last token
}

TEST(Engine, ANextTurnHitsTheAnswerOfTheLastOne) {
  Engine engine = make();
  const auto conversation = distinct_chain(1, 400, 16);
  // Prompt 100, answer 100: KV of 199 tokens is left, 12 full blocks.
  ASSERT_TRUE(
      engine
          .add({.id = 1, .prompt_tokens = 100, .output_tokens = 100, .block_hashes = conversation})
          .has_value());
  drain(engine);
  ASSERT_TRUE(
      engine.add({.id = 2, .prompt_tokens = 300, .output_tokens = 1, .block_hashes = conversation})
          .has_value());
  EXPECT_EQ(drain(engine)[0].cached_tokens, 192U);
}

TEST(Engine, RequestsOfOneIterationShareTheirPrefix) {
  Engine engine = make();
  const auto chain = distinct_chain(1, 160, 16);
  for (RequestId id = 1; id <= 3; ++id) {
    ASSERT_TRUE(
        engine.add({.id = id, .prompt_tokens = 160, .output_tokens = 4, .block_hashes = chain})
            .has_value());
  }
  const Iteration run = begin(engine, {});
  EXPECT_EQ(run.prefill_tokens, 160U + 16U + 16U);
  EXPECT_EQ(engine.gauges().kv_blocks_used, 12U);  // nine shared, one own each
  static_cast<void>(engine.complete());
  drain(engine);
  EXPECT_EQ(engine.gauges().kv_blocks_used, 0U);
}

TEST(Engine, WithoutPrefixCachingNothingIsSharedOrCounted) {
  Engine engine = make({.prefix_caching = false});
  const auto chain = distinct_chain(1, 160, 16);
  for (RequestId id = 1; id <= 2; ++id) {
    ASSERT_TRUE(
        engine.add({.id = id, .prompt_tokens = 160, .output_tokens = 1, .block_hashes = chain})
            .has_value());
    drain(engine);
  }
  EXPECT_EQ(engine.counters().computed_prefill_tokens, 320U);
  EXPECT_EQ(engine.counters().prefix_cache_queries, 0U);
}

TEST(Engine, ResetForgetsThePrefixes) {
  Engine engine = make();
  const auto chain = distinct_chain(1, 160, 16);
  for (RequestId id = 1; id <= 2; ++id) {
    ASSERT_TRUE(
        engine.add({.id = id, .prompt_tokens = 160, .output_tokens = 1, .block_hashes = chain})
            .has_value());
    drain(engine);
    engine.reset_prefix_cache();
  }
  EXPECT_EQ(engine.counters().prefix_cache_hits, 0U);
}

TEST(Engine, APrefillOnlyRequestEndsWithoutTokens) {
  Engine engine = make();
  ASSERT_TRUE(engine.add({.id = 1, .prompt_tokens = 100, .output_tokens = 0}).has_value());
  const auto events = drain(engine);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].kind, EventKind::kFinished);
  EXPECT_EQ(events[1].tokens, 0U);
  EXPECT_EQ(engine.counters().generation_tokens, 0U);
  EXPECT_TRUE(engine.idle());
}

TEST(Engine, SlowdownStretchesIterations) {
  Engine engine = make();
  engine.set_slowdown(3.0);
  ASSERT_TRUE(engine.add({.id = 1, .prompt_tokens = 100, .output_tokens = 1}).has_value());
  const Iteration run = begin(engine, {});
  EXPECT_EQ(run.end - run.start, 3 * perf().prefill_time(100, 0, 8192));
}

TEST(Engine, AbortFreesWhateverTheState) {
  Engine engine = make({.max_num_batched_tokens = 256, .max_num_seqs = 3});
  std::map<RequestId, RequestHandle> handles;
  handles[1] = *engine.add({.id = 1, .prompt_tokens = 16, .output_tokens = 100});
  SteadyTime now = begin(engine, {}).end;
  static_cast<void>(engine.complete());
  handles[2] = *engine.add({.id = 2, .prompt_tokens = 1000, .output_tokens = 10});
  handles[3] = *engine.add({.id = 3, .prompt_tokens = 10, .output_tokens = 10});
  now = begin(engine, now).end;  // 1 decodes, 2 is in the middle of its prompt, 3 waits

  EXPECT_TRUE(engine.abort(handles[3]));
  EXPECT_TRUE(engine.abort(handles[2]));
  EXPECT_TRUE(engine.abort(handles[1]));
  EXPECT_FALSE(engine.abort(handles[1]));
  EXPECT_TRUE(engine.idle());
  EXPECT_EQ(engine.gauges().kv_blocks_used, 0U);
  EXPECT_EQ(engine.gauges().waiting_prefill_tokens, 0U);
  EXPECT_TRUE(engine.complete().empty());  // nothing is said of an aborted request
  EXPECT_EQ(engine.counters().aborted, 3U);
  EXPECT_FALSE(engine.start(now).has_value());
}

TEST(Engine, AHandleDoesNotReachTheNextHolderOfItsSlot) {
  Engine engine = make();
  const RequestHandle old = *engine.add({.id = 1, .prompt_tokens = 10, .output_tokens = 1});
  drain(engine);
  const RequestHandle fresh = *engine.add({.id = 2, .prompt_tokens = 10, .output_tokens = 1});
  EXPECT_EQ(old.slot, fresh.slot);
  EXPECT_FALSE(engine.abort(old));
  EXPECT_FALSE(engine.abort({.slot = 99, .generation = 1}));
  EXPECT_TRUE(engine.abort(fresh));
}

TEST(Engine, RefusesWhatItCanNeverHold) {
  Engine engine = make({.kv_capacity_tokens = 1000, .max_model_len = 512});
  const auto empty = engine.add({.id = 1, .prompt_tokens = 0, .output_tokens = 5});
  ASSERT_FALSE(empty.has_value());
  EXPECT_EQ(empty.error().code(), Code::kInvalid);
  const auto large = engine.add({.id = 1, .prompt_tokens = 500, .output_tokens = 13});
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().code(), Code::kTooLarge);
  EXPECT_NE(large.error().message().find("513"), std::string::npos);
  EXPECT_NE(large.error().message().find("512"), std::string::npos);
  EXPECT_TRUE(engine.add({.id = 1, .prompt_tokens = 500, .output_tokens = 12}).has_value());
  EXPECT_EQ(engine.counters().added, 1U);

  const Engine small = make({.kv_capacity_tokens = 1000, .max_model_len = 4096});
  EXPECT_EQ(small.config().max_model_len, 992U);  // 62 blocks
}

TEST(EngineConfigCheck, NamesTheFieldAndWhatItNeeds) {
  const auto refused = [](const EngineConfig& config, const char* field) {
    const auto engine = Engine::create(config, perf());
    ASSERT_FALSE(engine.has_value()) << field;
    EXPECT_EQ(engine.error().code(), Code::kInvalid);
    EXPECT_NE(engine.error().message().find(field), std::string::npos) << engine.error().message();
  };
  refused({.block_size = 0}, "block_size");
  refused({.max_num_seqs = 0}, "max_num_seqs");
  refused({.max_num_batched_tokens = 255}, "max_num_batched_tokens");
  refused({.kv_capacity_tokens = 15}, "kv_capacity_tokens");
  refused({.kv_capacity_tokens = 4'000'000'000}, "kv_capacity_tokens");
}

}  // namespace
}  // namespace penstock::sim
