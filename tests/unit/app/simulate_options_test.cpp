#include <gtest/gtest.h>

#include "app/simulate/options.h"

namespace penstock::app {
namespace {

SimulateFlags flags() {
  SimulateFlags flags;
  flags.trace = "trace.csv";
  flags.policies = {"static=2"};
  return flags;
}

std::string error(const SimulateFlags& given) {
  const auto plan = plan_simulation(given);
  return plan ? "no error" : plan.error().message();
}

TEST(SimulateOptions, TheModelIsFoundByItsUsualName) {
  SimulateFlags given = flags();
  given.tensor = 4;
  const auto plan = plan_simulation(given);
  ASSERT_TRUE(plan) << plan.error().to_string();
  EXPECT_EQ(plan->perf.name(), "llama3.1-70b/h100");
  given.model = "qwen3-32b";
  given.tensor = 0;
  EXPECT_EQ(plan_simulation(given)->perf.gpus(), 2U);
}

TEST(SimulateOptions, ATargetIsForThePoliciesWithoutOne) {
  SimulateFlags given = flags();
  given.policies = {"hpa-kv", "hpa-kv=0.6"};
  given.target = 0.4;
  const auto plan = plan_simulation(given);
  ASSERT_TRUE(plan) << plan.error().to_string();
  EXPECT_EQ(plan->policies[0].label(), "hpa-kv=0.4");
  EXPECT_EQ(plan->policies[1].label(), "hpa-kv=0.6");
}

TEST(SimulateOptions, PrefixCachingIsForTracesThatSayWhatIsShared) {
  SimulateFlags given = flags();
  EXPECT_FALSE(plan_simulation(given)->scenario.engine.prefix_caching);
  given.form = "mooncake";
  EXPECT_TRUE(plan_simulation(given)->scenario.engine.prefix_caching);
}

TEST(SimulateOptions, ALoadCanBeEmittedWithoutAPolicy) {
  SimulateFlags given = flags();
  given.policies = {};
  given.emit_load = "calls.jsonl";
  given.from = "20m";
  given.until = "30m";
  const auto plan = plan_simulation(given);
  ASSERT_TRUE(plan) << plan.error().to_string();
  EXPECT_TRUE(plan->policies.empty());
  EXPECT_EQ(plan->load.from, std::chrono::minutes(20));
}

TEST(SimulateOptions, ErrorsNameTheFlagTheValueAndTheRemedy) {
  struct Row {
    void (*change)(SimulateFlags&);
    const char* want;
  };
  const Row rows[] = {
      {[](SimulateFlags& f) { f.trace = ""; }, "--trace is missing; give the file"},
      {[](SimulateFlags& f) { f.policies = {}; }, "--policy is missing; give at least one"},
      {[](SimulateFlags& f) { f.policies = {"magic"}; },
       "--policy is \"magic\"; there are penstock,"},
      {[](SimulateFlags& f) { f.form = "parquet"; }, "--form is \"parquet\"; it must be azure,"},
      {[](SimulateFlags& f) { f.cold_start = "3 minutes"; },
       "--cold-start is \"3 minutes\"; write a duration, for example"},
      {[](SimulateFlags& f) { f.output = "pdf"; }, "--output is \"pdf\"; it must be table,"},
      {[](SimulateFlags& f) { f.model = "gpt-2"; },
       "--model \"gpt-2\" on --accelerator \"h100\" has no performance table; there are "
       "llama3.1-8b/h100"},
      {[](SimulateFlags& f) { f.tensor = 8; },
       "--tensor is \"8\"; the table of llama3.1-70b/h100 is of 4"},
      {[](SimulateFlags& f) { f.min = 9, f.max = 8; }, "--min is 9, it must be at most --max, 8"},
      {[](SimulateFlags& f) { f.slo_tpot = "0s"; }, "--slo-tpot is 0s, it must be above 0"},
      {[](SimulateFlags& f) { f.gateway_cores = 0; },
       "--gateway-cores is 0, it must be between 1 and 1000"},
      {[](SimulateFlags& f) { f.routing = "Random"; },
       "--routing is \"Random\"; it must be LeastLoad"},
      {[](SimulateFlags& f) { f.perf_model = "/none.csv"; },
       "--perf-model is \"/none.csv\"; there is no"},
  };
  for (const Row& row : rows) {
    SimulateFlags given = flags();
    row.change(given);
    EXPECT_TRUE(error(given).starts_with(row.want)) << error(given);
  }
}

}  // namespace
}  // namespace penstock::app
