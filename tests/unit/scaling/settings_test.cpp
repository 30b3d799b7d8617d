#include "scaling/settings.h"

#include <gtest/gtest.h>

#include "scaling/constants.h"

namespace penstock::scaling {
namespace {

using namespace std::chrono_literals;
using crd::model_deployment::Scaling;

TEST(Settings, AnEmptySpecGetsTheDefaultsOfTheApi) {
  const Settings s = settings_from(Scaling{}, {});
  EXPECT_EQ(s.min_replicas, 1);
  EXPECT_EQ(s.max_replicas, 1);
  EXPECT_EQ(s.fixed_tokens_per_second, 0);
  EXPECT_EQ(s.objectives.first_token_seconds, kDefaultFirstTokenSeconds);
  EXPECT_EQ(s.objectives.token_seconds, kDefaultTokenSeconds);
  EXPECT_EQ(s.objectives.attainment, 0.99);
  EXPECT_EQ(s.objectives.target_share, 0.8);
  EXPECT_EQ(s.scale_up_limit, 4);
  EXPECT_EQ(s.scale_down_limit, 1);
  EXPECT_EQ(s.stabilization, 300s);
  EXPECT_EQ(s.sleep_after, 300s);
}

TEST(Settings, EveryFieldOfTheSpecIsTaken) {
  Scaling spec;
  spec.min_replicas = 0;
  spec.max_replicas = 20;
  spec.target.emplace();
  spec.target->tokens_per_second_per_replica = 5'000;
  spec.target->utilization_percent = 60;
  spec.slo.emplace();
  spec.slo->time_to_first_token = 500ms;
  spec.slo->time_per_output_token = 50ms;
  spec.slo->attainment_percent = 95;
  spec.behavior.emplace();
  spec.behavior->scale_up_limit = 9;
  spec.behavior->scale_down_limit = 3;
  spec.behavior->scale_down_stabilization = 20min;
  spec.dry_run = true;
  const CapacityPrior prior{.times = {.prefill = 1e-5, .decode = 2e-5, .iteration = 0.01},
                            .limits = {.kv_tokens = 100}};
  const Settings s = settings_from(spec, prior);
  EXPECT_EQ(s.min_replicas, 0);
  EXPECT_EQ(s.max_replicas, 20);
  EXPECT_EQ(s.fixed_tokens_per_second, 5'000);
  EXPECT_EQ(s.objectives.target_share, 0.6);
  EXPECT_EQ(s.objectives.first_token_seconds, 0.5);
  EXPECT_EQ(s.objectives.token_seconds, 0.05);
  EXPECT_EQ(s.objectives.attainment, 0.95);
  EXPECT_EQ(s.scale_up_limit, 9);
  EXPECT_EQ(s.scale_down_limit, 3);
  EXPECT_EQ(s.stabilization, 20min);
  EXPECT_EQ(s.sleep_after, 20min) << "sleep is the last step down: not sooner than the others";
  EXPECT_TRUE(s.dry_run);
  EXPECT_EQ(s.prior.limits.kv_tokens, 100);
  Settings other = s;
  EXPECT_EQ(other, s);
  other.objectives.attainment = 0.9;
  EXPECT_FALSE(other == s);
}

TEST(Settings, WhatNoValidationLetThroughIsStillBounded) {
  Scaling spec;
  spec.min_replicas = -3;
  spec.max_replicas = -9;
  spec.target.emplace();
  spec.target->tokens_per_second_per_replica = -1;
  spec.target->utilization_percent = 0;
  spec.behavior.emplace();
  spec.behavior->scale_up_limit = 0;
  spec.behavior->scale_down_stabilization = -5s;
  const Settings s = settings_from(spec, {});
  EXPECT_EQ(s.min_replicas, 0);
  EXPECT_EQ(s.max_replicas, 1);
  EXPECT_EQ(s.fixed_tokens_per_second, 0);
  EXPECT_EQ(s.objectives.target_share, 0.1);
  EXPECT_EQ(s.scale_up_limit, 1);
  EXPECT_EQ(s.stabilization, 0s);
}

}  // namespace
}  // namespace penstock::scaling
