#include "telemetry/exposition.h"

#include <thread>

#include <gtest/gtest.h>

#include "telemetry/process_metrics.h"

namespace penstock::telemetry {
namespace {

constexpr std::string_view kLabels[] = {"route", "code"};
constexpr double kBounds[] = {0.1, 1, 10};
constexpr Family kCalls{"calls_total", "Calls.", Kind::kCounter, kLabels, {}};
constexpr Family kOpen{"open", "Open now.", Kind::kGauge, {}, {}};
constexpr Family kSeconds{"wait_seconds", "Wait.", Kind::kHistogram, {}, kBounds};

TEST(Exposition, AddsUpTheCoresInOneText) {
  Registry a;
  Registry b;
  a.cell(kCalls, {"r1", "200"}).add(3);
  b.cell(kCalls, {"r1", "200"}).add(4);
  b.cell(kCalls, {"r\"2\\\n", "500"}).add();
  a.cell(kOpen).add(2);
  a.cell(kOpen).add(-1);
  const Registry* all[] = {&a, &b};
  EXPECT_EQ(Exposition::text(all),
            "# HELP calls_total Calls.\n# TYPE calls_total counter\n"
            "calls_total{route=\"r\\\"2\\\\\\n\",code=\"500\"} 1\n"
            "calls_total{route=\"r1\",code=\"200\"} 7\n"
            "# HELP open Open now.\n# TYPE open gauge\nopen 1\n");
}

TEST(Exposition, HistogramBucketsAreCumulativeAndBoundsInclusive) {
  Registry a;
  Registry b;
  for (const double value : {0.1, 0.5, 10.0, 11.0}) {
    a.histogram(kSeconds).observe(value);
  }
  b.histogram(kSeconds).observe(0.25);
  const Registry* all[] = {&a, &b};
  EXPECT_EQ(Exposition::text(all),
            "# HELP wait_seconds Wait.\n# TYPE wait_seconds histogram\n"
            "wait_seconds_bucket{le=\"0.1\"} 1\n"
            "wait_seconds_bucket{le=\"1\"} 3\n"
            "wait_seconds_bucket{le=\"10\"} 4\n"
            "wait_seconds_bucket{le=\"+Inf\"} 5\n"
            "wait_seconds_sum 21.85\nwait_seconds_count 5\n");
}

TEST(Registry, GivesTheSameCellAgain) {
  Registry registry;
  EXPECT_EQ(&registry.cell(kCalls, {"a", "1"}), &registry.cell(kCalls, {"a", "1"}));
  EXPECT_NE(&registry.cell(kCalls, {"a", "1"}), &registry.cell(kCalls, {"a", "2"}));
}

TEST(Registry, LabelSetsAreBounded) {
  Registry registry;
  for (int i = 0; i < 10'000; ++i) {
    registry.cell(kCalls, {std::to_string(i), "200"}).add();
  }
  const Registry* all[] = {&registry};
  const std::string text = Exposition::text(all);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 2'003);
  EXPECT_NE(text.find("calls_total{route=\"_other\",code=\"_other\"} 8000\n"), std::string::npos);
}

TEST(Exposition, ScrapeWhileACoreWrites) {
  Registry registry;
  constexpr int kTimes = 100'000;
  std::thread writer([&registry] {
    Cell& cell = registry.cell(kCalls, {"r", "200"});
    Histogram& histogram = registry.histogram(kSeconds);
    for (int i = 0; i < kTimes; ++i) {
      cell.add();
      histogram.observe(0.5);
    }
  });
  const Registry* all[] = {&registry};
  for (int i = 0; i < 50; ++i) {
    (void)Exposition::text(all);
  }
  writer.join();
  EXPECT_NE(Exposition::text(all).find("} 100000\n"), std::string::npos);
}

TEST(ProcessMetrics, HasTheCustomaryNames) {
  const std::string text = process_metrics_text();
  EXPECT_NE(text.find("\nprocess_resident_memory_bytes "), std::string::npos);
  EXPECT_NE(text.find("\nprocess_cpu_seconds_total "), std::string::npos);
}

}  // namespace
}  // namespace penstock::telemetry
