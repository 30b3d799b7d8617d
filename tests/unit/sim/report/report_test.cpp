// The three forms of a comparison, and that the same seed gives the same bytes in each.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/compare/comparison.h"
#include "sim/engine_model/perf_presets.h"
#include "sim/report/document.h"
#include "sim/report/numbers.h"
#include "sim/report/page.h"
#include "sim/report/table.h"

namespace penstock::sim {
namespace {

Result<Comparison> compared(std::uint64_t seed) {
  const std::string folder = PENSTOCK_SOURCE_DIR "/tests/unit/sim/data/";
  LoadOptions options{.trace = folder + "slice_clients.csv",
                      .form = TraceForm::kServegen,
                      .lengths = folder + "slice_lengths.json",
                      .scale = 0.25,
                      .until = std::chrono::minutes(40),
                      .seed = seed};
  PENSTOCK_TRY(load, Load::create(options));
  PENSTOCK_TRY(perf, perf_preset("llama3.1-70b/h100"));
  Scenario scenario;
  scenario.seed = seed;
  scenario.engine.prefix_caching = false;
  std::vector<PolicySpec> policies;
  for (const char* text :
       {"penstock", "hpa-kv=0.5", "hpa-cpu", "kpa=20", "keda", "static=3", "clairvoyant"}) {
    PENSTOCK_TRY(policy, parse_policy(text));
    policies.push_back(policy);
  }
  return compare(load, scenario, perf, policies, [](const std::string&) {});
}

TEST(Report, TheSameSeedGivesTheSameBytes) {
  const auto one = compared(7);
  const auto same = compared(7);
  const auto other = compared(8);
  ASSERT_TRUE(one) << one.error().to_string();
  ASSERT_TRUE(same);
  ASSERT_TRUE(other);
  EXPECT_EQ(to_table(*one), to_table(*same));
  EXPECT_EQ(to_json(*one), to_json(*same));
  EXPECT_EQ(to_page(*one), to_page(*same));
  EXPECT_NE(to_json(*one), to_json(*other));
}

TEST(Report, EveryPolicyServesTheWholeLoad) {
  const auto comparison = compared(7);
  ASSERT_TRUE(comparison);
  const json::Value document = to_document(*comparison);
  ASSERT_EQ(document["policies"].size(), 7U);
  for (const json::Value& policy : document["policies"]) {
    EXPECT_EQ(policy["offered"], document["policies"][0]["offered"]);
    EXPECT_GT(policy["offered"].get<int>(), 3'000);
    EXPECT_EQ(
        policy["served"].get<int>() + policy["refused"].get<int>() + policy["spilled"].get<int>(),
        policy["offered"].get<int>());
    EXPECT_EQ(policy["residualBlocks"], 0);
    EXPECT_EQ(policy["timeline"]["arrived"].size(), policy["timeline"]["ready"].size());
  }
}

TEST(Report, ThePageCarriesItsDataAndNothingFromOutside) {
  auto comparison = compared(7);
  ASSERT_TRUE(comparison);
  comparison->load = "</script><b>";
  const std::string page = to_page(*comparison);
  EXPECT_EQ(page.find("</script><b>"), std::string::npos);
  EXPECT_EQ(page.find("src="), std::string::npos);
  EXPECT_EQ(page.find("@import"), std::string::npos);
  EXPECT_NE(page.find("\"hardware\":\"llama3.1-70b/h100\""), std::string::npos);
}

TEST(Report, Numbers) {
  EXPECT_EQ(percent(0.97234), "97.23");
  EXPECT_EQ(short_time(std::chrono::milliseconds(412)), "412 ms");
  EXPECT_EQ(short_time(std::chrono::milliseconds(1'236)), "1.24 s");
  EXPECT_EQ(short_time(std::chrono::seconds(186)), "3.1 min");
}

TEST(Histogram, PercentilesAreWithinAPercent) {
  DurationHistogram histogram;
  for (int i = 1; i <= 100'000; ++i) {
    histogram.add(std::chrono::microseconds(i * 10));
  }
  for (const double share : {0.01, 0.5, 0.95, 0.999}) {
    const double want = share * 1e9;
    EXPECT_NEAR(static_cast<double>(histogram.quantile(share).count()), want, want * 0.008);
  }
  EXPECT_EQ(histogram.total(), 100'000U);
  histogram.clear();
  EXPECT_EQ(histogram.quantile(0.5).count(), 0);
}

TEST(Policy, NamesAndTargets) {
  EXPECT_EQ(parse_policy("hpa-kv=0.6")->label(), "hpa-kv=0.6");
  EXPECT_EQ(parse_policy("penstock")->label(), "penstock=0.8");
  EXPECT_NE(parse_policy("hpa").error().message().find(
                "--policy is \"hpa\"; there are penstock, hpa-queue"),
            std::string::npos);
  EXPECT_EQ(
      parse_policy("hpa-kv=2").error().message(),
      "--policy hpa-kv has the target \"2\"; it is KV cache usage, 0 to 1, above 0 and at most "
      "1, for example hpa-kv=0.5");
  EXPECT_FALSE(parse_policy("static=x"));
}

}  // namespace
}  // namespace penstock::sim
