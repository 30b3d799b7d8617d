#include "routing/endpoint_state.h"

#include <gtest/gtest.h>

#include "routing/work.h"

namespace penstock::routing {
namespace {

TEST(Work, PromptAndAnswer) {
  EXPECT_EQ(expected_work(1'000).prompt, 1'000U);
  EXPECT_EQ(expected_work(1'000).answer, 257U);
  EXPECT_EQ(expected_work(0, 10, 3).answer, 31U);
  EXPECT_EQ(expected_work(0, 1'000'000).answer, 1'025U);
  EXPECT_EQ(expected_work(0, -1).answer, 257U);
}

/// A long prompt is a load until it is computed, not until its answer has ended.
TEST(EndpointState, ThePromptsWorkEndsWithTheFirstToken) {
  EndpointState state;
  const BreakerPolicy policy;
  const SteadyTime now{};
  Work work = expected_work(8'000);
  const auto ticket = state.begin(now, work.total());
  EXPECT_EQ(state.work(), 8'257U);
  state.prompt_done(work.prompt);
  work.prompt = 0;
  EXPECT_EQ(state.work(), 257U);
  EXPECT_EQ(state.in_flight(), 1U);
  state.end(ticket, work.total(), Verdict::kOk, policy, now);
  EXPECT_EQ(state.work(), 0U);
  EXPECT_EQ(state.in_flight(), 0U);
}

}  // namespace
}  // namespace penstock::routing
