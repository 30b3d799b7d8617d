#include "scaling/signals.h"

#include <functional>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "scaling/constants.h"

namespace penstock::scaling {
namespace {

using namespace std::chrono_literals;

const SteadyTime kNow{5'000s};
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

EngineSample good_sample() {
  return {.fault = Fault::kNone,
          .scraped = kNow - 2s,
          .prompt_tokens = 1'000'000,
          .generation_tokens = 200'000,
          .prefix_queries = 900'000,
          .prefix_hits = 300'000,
          .preemptions = 0,
          .iterations = 5'000,
          .running = 12,
          .waiting = 0,
          .kv_usage = 0.4,
          .kv_capacity_tokens = 400'000};
}

TEST(Signals, EachWayAnEngineSampleCanBeWrongHasItsFault) {
  struct Row {
    const char* what;
    std::function<void(EngineSample&)> spoil;
    Fault fault;
  };
  const Row rows[] = {
      {"nothing", [](EngineSample&) {}, Fault::kNone},
      {"unreachable", [](EngineSample& s) { s.fault = Fault::kUnreachable; }, Fault::kUnreachable},
      {"stale", [](EngineSample& s) { s.scraped = kNow - kEngineStaleAfter - 1s; }, Fault::kStale},
      {"just fresh", [](EngineSample& s) { s.scraped = kNow - kEngineStaleAfter; }, Fault::kNone},
      {"from the future", [](EngineSample& s) { s.scraped = kNow + 6s; }, Fault::kFuture},
      {"no running gauge", [](EngineSample& s) { s.running.reset(); }, Fault::kMissing},
      {"no generated tokens", [](EngineSample& s) { s.generation_tokens.reset(); },
       Fault::kMissing},
      {"NaN", [](EngineSample& s) { s.kv_usage = kNan; }, Fault::kNotANumber},
      {"infinite", [](EngineSample& s) { s.prompt_tokens = kInf; }, Fault::kNotANumber},
      {"negative", [](EngineSample& s) { s.waiting = -1; }, Fault::kNegative},
      {"percent for a share", [](EngineSample& s) { s.kv_usage = 40; }, Fault::kImplausible},
      {"full", [](EngineSample& s) { s.kv_usage = 1; }, Fault::kNone},
      {"too many sequences", [](EngineSample& s) { s.running = 1e9; }, Fault::kImplausible},
      {"no KV metrics at all",
       [](EngineSample& s) {
         s.kv_usage.reset();
         s.kv_capacity_tokens.reset();
         s.prefix_hits.reset();
       },
       Fault::kNone},
  };
  for (const Row& row : rows) {
    EngineSample sample = good_sample();
    row.spoil(sample);
    EXPECT_EQ(name(judge(sample, kNow)), name(row.fault)) << row.what;
  }
}

TEST(Signals, AnIntervalKnowsRestartsAndImpossibleRates) {
  const EngineSample before = good_sample();
  EngineSample after = before;
  after.scraped += 5s;
  after.generation_tokens = 210'000;
  EXPECT_EQ(judge(before, after), Fault::kNone);
  after.prompt_tokens = 10;
  EXPECT_EQ(judge(before, after), Fault::kReset);
  after.prompt_tokens = before.prompt_tokens;
  after.generation_tokens = 200'000 + 5 * kMostGeneratedPerSecond * 1.01;
  EXPECT_EQ(judge(before, after), Fault::kImplausible);
}

TEST(Signals, EachWayAGatewayCanBeWrongHasItsFault) {
  struct Row {
    const char* what;
    std::function<void(GatewayReport&, DemandSample&)> spoil;
    Fault fault;
  };
  const Row rows[] = {
      {"nothing", [](GatewayReport&, DemandSample&) {}, Fault::kNone},
      {"unreachable", [](GatewayReport& g, DemandSample&) { g.fault = Fault::kUnreachable; },
       Fault::kUnreachable},
      {"stale", [](GatewayReport& g, DemandSample&) { g.through = kNow - 16s; }, Fault::kStale},
      {"ahead", [](GatewayReport& g, DemandSample&) { g.through = kNow + 6s; }, Fault::kFuture},
      {"a bucket ahead", [](GatewayReport&, DemandSample& d) { d.start = kNow + 6s; },
       Fault::kFuture},
      {"NaN", [](GatewayReport&, DemandSample& d) { d.calls = kNan; }, Fault::kNotANumber},
      {"negative", [](GatewayReport&, DemandSample& d) { d.prompt_tokens = -1; }, Fault::kNegative},
      {"a negative queue", [](GatewayReport& g, DemandSample&) { g.queued_calls = -1; },
       Fault::kNegative},
      {"too many calls", [](GatewayReport&, DemandSample& d) { d.calls = 1e9; },
       Fault::kImplausible},
      {"tokens without calls", [](GatewayReport&, DemandSample& d) { d.calls = 0; },
       Fault::kImplausible},
      {"squares beyond the square of the sum",
       [](GatewayReport&, DemandSample& d) { d.prompt_tokens_squared = 1e12; },
       Fault::kImplausible},
      {"no span", [](GatewayReport&, DemandSample& d) { d.span = 0ms; }, Fault::kImplausible},
  };
  for (const Row& row : rows) {
    DemandSample sample{.start = kNow - 2s,
                        .calls = 3,
                        .prompt_tokens = 3'000,
                        .prompt_tokens_squared = 4e6,
                        .completed_calls = 2,
                        .completed_output_tokens = 500};
    GatewayReport report{.id = 1, .through = kNow - 1s};
    row.spoil(report, sample);
    report.news = {&sample, 1};
    EXPECT_EQ(name(judge(report, kNow)), name(row.fault)) << row.what;
  }
}

}  // namespace
}  // namespace penstock::scaling
