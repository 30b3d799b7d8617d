#include "sim/virtual_time/fleet.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "sim/engine_model/perf_presets.h"
#include "sim/virtual_time/closed_loop.h"
#include "sim/virtual_time/request_log.h"

namespace penstock::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::vector<Engine> engines(std::uint32_t count, bool token_events = false) {
  std::vector<Engine> made;
  made.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    made.push_back(
        *Engine::create({.token_events = token_events}, *perf_preset(kDefaultPerfPreset)));
  }
  return made;
}

SteadyTime at(nanoseconds since_start) {
  return SteadyTime{} + since_start;
}

TEST(EventQueue, EarliestFirstThenFirstPushed) {
  EventQueue<int> queue;
  queue.push(at(milliseconds(2)), 1);
  queue.push(at(milliseconds(1)), 2);
  queue.push(at(milliseconds(1)), 3);
  EXPECT_EQ(queue.next_time(), at(milliseconds(1)));
  EXPECT_EQ(queue.pop().second, 2);
  EXPECT_EQ(queue.pop().second, 3);
  EXPECT_EQ(queue.pop().second, 1);
  EXPECT_TRUE(queue.empty());
}

TEST(Fleet, TimePassesWithoutWork) {
  Fleet fleet(engines(2), Fleet::Coupling::kOpen);
  fleet.run_until(at(milliseconds(500)), [](auto, const auto&) { FAIL(); });
  EXPECT_EQ(fleet.now(), at(milliseconds(500)));
  EXPECT_TRUE(fleet.idle());
}

TEST(Fleet, AnArrivalAtAnInstantJoinsTheIterationOfThatInstant) {
  Fleet fleet(engines(1), Fleet::Coupling::kOpen);
  RequestLog log;
  const auto sink = [&](std::uint32_t, const EngineEvent& event) { log.record(event); };
  const auto send = [&](TokenCount prompt) {
    EXPECT_TRUE(
        fleet.add(0, {.id = log.arrive(fleet.now()), .prompt_tokens = prompt, .output_tokens = 9})
            .has_value());
  };
  send(100);
  fleet.run_until(at(nanoseconds(0)), sink);
  send(100);  // the same instant: one iteration for both
  const auto both = perf_preset(kDefaultPerfPreset)
                        ->iteration_time({.prefill_tokens = 200,
                                          .prefill_attention_tokens2 =
                                              2 * BatchShape::prefill_attention(0, 100)});
  fleet.run_until(at(both), sink);
  send(50);  // exactly at its end: joins the next one
  fleet.run_until(SteadyTime::max(), sink);
  EXPECT_EQ(log.timings()[0].first_token, at(both));
  EXPECT_EQ(log.timings()[1].first_token, at(both));
  EXPECT_EQ(log.timings()[2].scheduled, at(both));
}

TEST(Fleet, AnArrivalDuringAnIterationWaitsForItsEnd) {
  Fleet fleet(engines(1), Fleet::Coupling::kOpen);
  RequestLog log;
  const auto sink = [&](std::uint32_t, const EngineEvent& event) { log.record(event); };
  ASSERT_TRUE(
      fleet.add(0, {.id = log.arrive(fleet.now()), .prompt_tokens = 8000, .output_tokens = 2})
          .has_value());
  fleet.run_until(at(milliseconds(1)), sink);
  EXPECT_EQ(fleet.engine(0).gauges().running, 1U);
  ASSERT_TRUE(fleet.add(0, {.id = log.arrive(fleet.now()), .prompt_tokens = 10, .output_tokens = 1})
                  .has_value());
  fleet.run_until(SteadyTime::max(), sink);
  EXPECT_EQ(log.timings()[1].scheduled, log.timings()[0].first_token);
  EXPECT_TRUE(fleet.idle());
}

/// Clients that go round the engines, each with its own pace: what an engine does depends on all
/// others.
std::vector<RequestTiming> round_trip(std::uint32_t engine_count, bool token_events) {
  Fleet fleet(engines(engine_count, token_events), Fleet::Coupling::kClosed);
  RequestLog log;
  Random random(3);
  const auto send = [&](std::uint32_t engine) {
    const auto prompt = static_cast<TokenCount>(1 + random.below(900));
    const auto output = static_cast<TokenCount>(1 + random.below(60));
    EXPECT_TRUE(
        fleet
            .add(engine,
                 {.id = log.arrive(fleet.now()), .prompt_tokens = prompt, .output_tokens = output})
            .has_value());
  };
  for (std::uint32_t client = 0; client < 3 * engine_count; ++client) {
    send(client % engine_count);
  }
  fleet.run_until(SteadyTime::max(), [&](std::uint32_t engine, const EngineEvent& event) {
    log.record(event);
    if (event.kind == EventKind::kFinished && log.timings().size() < 600) {
      send((engine + 1) % fleet.size());
    }
  });
  EXPECT_TRUE(fleet.idle());
  return log.timings();
}

TEST(Fleet, CoupledEnginesRunAheadWithoutChangingAnything) {
  for (const std::uint32_t count : {1U, 2U, 5U}) {
    const auto one_by_one = round_trip(count, true);
    const auto ahead = round_trip(count, false);
    ASSERT_EQ(one_by_one.size(), 600U);
    ASSERT_EQ(ahead.size(), 600U);
    for (std::size_t i = 0; i < ahead.size(); ++i) {
      ASSERT_EQ(one_by_one[i].first_token, ahead[i].first_token)
          << count << " engines, request " << i;
      ASSERT_EQ(one_by_one[i].finished, ahead[i].finished) << count << " engines, request " << i;
    }
  }
}

TEST(ClosedLoop, KeepsTheNumberOfClientsAndCountsAllRequests) {
  const auto log = run_closed_loop(std::move(engines(1)[0]), {.concurrency = 4,
                                                              .requests = 21,
                                                              .prompt_tokens = 100,
                                                              .output_tokens = 20,
                                                              .ramp = milliseconds(80)});
  ASSERT_TRUE(log.has_value());
  const auto& t = log->timings();
  ASSERT_EQ(t.size(), 21U);
  for (std::size_t i = 0; i < t.size(); ++i) {
    EXPECT_TRUE(t[i].done);
    const auto in_flight = std::ranges::count_if(t, [&](const RequestTiming& o) {
      return o.arrival <= t[i].arrival && o.finished > t[i].arrival;
    });
    EXPECT_LE(in_flight, 4);
  }
  EXPECT_EQ(t[1].arrival, at(milliseconds(20)));
  EXPECT_EQ(t[3].arrival, at(milliseconds(60)));
}

TEST(ClosedLoop, ReportsARequestThatCannotBeHeld) {
  const auto log =
      run_closed_loop(std::move(engines(1)[0]), {.prompt_tokens = 10'000'000, .output_tokens = 1});
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code(), Code::kTooLarge);
}

}  // namespace
}  // namespace penstock::sim
