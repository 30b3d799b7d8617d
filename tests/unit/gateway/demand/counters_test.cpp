#include "gateway/demand/counters.h"

#include <gtest/gtest.h>

#include "telemetry/exposition.h"

namespace penstock::gateway::demand {
namespace {

TEST(CorrectedTotal, FollowsTheTruthAndNeverFalls) {
  CorrectedTotal total;
  total.add(100);
  total.correct(100, 130);
  EXPECT_EQ(total.value(), 130);
  total.add(50);
  total.correct(50, 10);
  EXPECT_EQ(total.value(), 180) << "forty too many, owed to those that come";
  total.add(30);
  EXPECT_EQ(total.value(), 180);
  total.add(30);
  EXPECT_EQ(total.value(), 200);
}

TEST(Book, CoresAddUpInOrderOfNames) {
  Book one;
  Book two;
  const auto first = one.of("ns/b");
  const auto second = two.of("ns/b");
  const auto other = two.of("ns/a");
  first->arrivals.add(1);
  second->arrivals.add(2);
  second->queued.add(3);
  other->in_flight.add(4);
  const Book* const books[] = {&one, &two};
  const auto all = sum(books);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], (DeploymentDemand{.name_space = "ns", .name = "a", .in_flight = 4}));
  EXPECT_EQ(all[1],
            (DeploymentDemand{.name_space = "ns", .name = "b", .arrivals = 3, .queued = 3}));
}

TEST(Book, KeepsWhatSomebodyHolds) {
  Book book;
  auto held = book.of("ns/a");
  held->arrivals.add(1);
  (void)book.of("ns/b");
  book.prune();
  EXPECT_EQ(book.of("ns/a")->arrivals.value(), 1);
  const Book* const books[] = {&book};
  EXPECT_EQ(sum(books).size(), 1U);
  held.reset();
  book.prune();
  EXPECT_TRUE(sum(books).empty());
}

TEST(Demand, IsShownAsMetrics) {
  telemetry::Registry registry;
  show({{.name_space = "ns",
         .name = "a",
         .arrivals = 1,
         .output_tokens = 2,
         .absorbed_calls = 3,
         .queued = 4,
         .waiting_for_start = 5}},
       registry);
  const telemetry::Registry* const all[] = {&registry};
  const std::string text = telemetry::Exposition::text(all);
  for (const char* line :
       {R"(penstock_gateway_demand_calls_total{deployment="ns/a"} 1)",
        R"(penstock_gateway_demand_tokens_total{deployment="ns/a",type="output"} 2)",
        R"(penstock_gateway_demand_absorbed_calls_total{deployment="ns/a"} 3)",
        R"(penstock_gateway_calls_waiting{deployment="ns/a",reason="queue"} 4)",
        R"(penstock_gateway_calls_waiting{deployment="ns/a",reason="cold_start"} 5)"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

}  // namespace
}  // namespace penstock::gateway::demand
