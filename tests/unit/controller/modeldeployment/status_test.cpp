#include "controller/modeldeployment/status.h"

#include <set>

#include <gtest/gtest.h>

#include "controller/modeldeployment/reasons.h"
#include "model_input.h"
#include "runtime/conditions.h"

namespace penstock::controller::modeldeployment {
namespace {

struct Row {
  const char* name;
  const char* spec;
  DeploymentFacts deployment;
  const char* failure;  ///< of applying; empty: none
  const char* ready;    ///< "Status Reason"
  const char* progressing;
};

std::string shown(const std::vector<crd::Condition>& conditions, std::string_view type) {
  const auto* condition = runtime::find_condition(conditions, type);
  return condition == nullptr ? "" : condition->status + " " + condition->reason;
}

constexpr const char* kEngine = "{model: {name: m}, replicas: 2, engine: {image: i}}";

DeploymentFacts facts(int wanted, int replicas, int updated, int ready) {
  DeploymentFacts out;
  out.exists = true;
  out.current = true;
  out.wanted = wanted;
  out.replicas = replicas;
  out.updated = updated;
  out.ready = ready;
  return out;
}

class StatusOf : public testing::TestWithParam<Row> {};

TEST_P(StatusOf, SumsUp) {
  const Row& row = GetParam();
  Input input = input_of(row.spec);
  input.deployment = row.deployment;
  std::optional<condition::Finding> failure;
  if (*row.failure != '\0') {
    failure = condition::Finding{row.failure, "no"};
  }
  const auto status = status_of(input, decide(input), failure);
  EXPECT_EQ(shown(status.conditions, "Ready"), row.ready);
  EXPECT_EQ(shown(status.conditions, "Progressing"), row.progressing);
  EXPECT_EQ(status.observed_generation, 3);
}

INSTANTIATE_TEST_SUITE_P(
    States, StatusOf,
    testing::Values(
        Row{"New", kEngine, {}, "", "False Starting", "True Starting"},
        Row{"AllReady", kEngine, facts(2, 2, 2, 2), "", "True Ready", "True Deployed"},
        Row{"SomeReady", kEngine, facts(2, 2, 2, 1), "", "True Ready", "True RollingOut"},
        Row{"RollingOut", kEngine, facts(2, 3, 1, 2), "", "True Ready", "True RollingOut"},
        Row{"NotYetSeenByTheDeploymentController", kEngine,
            [] {
              auto out = facts(2, 2, 2, 2);
              out.current = false;
              return out;
            }(),
            "", "True Ready", "True RollingOut"},
        Row{"RefusedByTheServer", kEngine, facts(2, 2, 2, 2), "ApplyFailed", "True Ready",
            "False ApplyFailed"},
        Row{"RefusedFromTheStart",
            kEngine,
            {},
            "ApplyFailed",
            "False ApplyFailed",
            "False ApplyFailed"},
        Row{"ScaledToZero", "{model: {name: m}, replicas: 0, engine: {image: i}}",
            facts(0, 0, 0, 0), "", "False ScaledToZero", "True Deployed"},
        Row{"WrongSpecWhileTheOldOneAnswers", "{model: {name: m}, engine: {type: OpenInference}}",
            facts(1, 1, 1, 1), "", "False ImageMissing", "False ImageMissing"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Status, TroubleOfNewReplicasIsToldWhileOldOnesAnswer) {
  Input input = input_of(kEngine);
  input.deployment = facts(2, 3, 1, 2);
  PodFacts pod;
  pod.unschedulable = true;
  pod.unschedulable_message = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.";
  input.pods.push_back(pod);
  const auto status = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(shown(status.conditions, "Progressing"), "False Unschedulable");
  EXPECT_EQ(shown(status.conditions, "Ready"), "True Ready");
}

TEST(Status, ProviderNeedsItsKey) {
  Input input = input_of(
      "{model: {name: m}, provider: {type: OpenAI, endpoint: 'https://api.openai.com/v1', auth: "
      "{apiKeySecretRef: {name: s, key: k}}}}");
  auto status = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(shown(status.conditions, "Healthy"), "False SecretNotFound");
  EXPECT_EQ(shown(status.conditions, "Accepted"), "True Accepted");
  EXPECT_EQ(shown(status.conditions, "Ready"), "False SecretNotFound");
  ASSERT_TRUE(input.secrets.add({{"metadata", {{"namespace", "team"}, {"name", "s"}}},
                                 {"stringData", {{"k", "sk-secret"}}}}));
  status = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(shown(status.conditions, "Ready"), "True Ready");
  EXPECT_FALSE(status.replicas);
}

TEST(Status, ClientNeedsItsFallback) {
  Input input = input_of(
      "{model: {name: m}, client: {onnxURI: 'https://x/y', sha256: "
      "'0000000000000000000000000000000000000000000000000000000000000000', fallbackRef: {name: "
      "server}}}");
  EXPECT_EQ(shown(status_of(input, decide(input), std::nullopt).conditions, "Ready"),
            "False DeploymentNotFound");
}

TEST(Status, PlanHasTheFiguresAndWhy) {
  Input input = input_of(
      "{model: {name: m, contextLength: 32768, architecture: {parametersMillions: 8030, layers: "
      "32, "
      "kvHeads: 8, headDim: 128}}, engine: {accelerator: {profile: h100}}}");
  add_profile(input, "h100", kH100);
  const auto status = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(shown(status.conditions, "Planned"), "True Planned");
  ASSERT_TRUE(status.plan);
  EXPECT_EQ(status.plan->gpus_per_replica, 1);
  EXPECT_EQ(status.plan->kv_bytes_per_token, 131'072);
  EXPECT_GT(status.plan->weights_bytes.value_or(0), 16'000'000'000);
  EXPECT_EQ(status.plan->sequences_at_context, *status.plan->kv_cache_tokens / 32'768);
  EXPECT_GE(status.plan->max_sequences.value_or(0), 1);
  EXPECT_EQ(status.plan->explanation,
            runtime::find_condition(status.conditions, "Planned")->message);
}

TEST(Status, WhatDoesNotFitNamesWhatDoes) {
  Input input = input_of(
      "{model: {name: m, architecture: {parametersMillions: 70554, layers: 80, kvHeads: 8, "
      "headDim: "
      "128}}, engine: {accelerator: {profile: l4}}}");
  add_profile(input, "l4", kL4);
  add_profile(input, "h100", kH100);
  const auto plan = decide(input);
  EXPECT_FALSE(plan.can_deploy());
  const auto status = status_of(input, plan, std::nullopt);
  EXPECT_EQ(shown(status.conditions, "Planned"), "False InsufficientMemory");
  EXPECT_FALSE(status.plan);
  EXPECT_NE(runtime::find_condition(status.conditions, "Ready")
                ->message.find("the smallest profile that fits is h100"),
            std::string::npos);
}

TEST(Status, TimesMoveOnlyWithTheStatus) {
  Input input = input_of(kEngine);
  input.object.status = status_of(input, decide(input), std::nullopt);
  const auto first = input.now;
  input.now += std::chrono::hours(1);
  input.deployment = facts(2, 2, 2, 2);
  const auto status = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(runtime::find_condition(status.conditions, "Accepted")->last_transition_time, first);
  EXPECT_EQ(runtime::find_condition(status.conditions, "Ready")->last_transition_time, input.now);
}

TEST(Status, TheNumberIsSomebodysDecision) {
  struct Row {
    const char* spec;
    std::optional<int> decided;
    std::optional<int> running;
    int wanted;
  };
  constexpr const char* kScaled =
      "{model: {name: m}, engine: {image: i}, scaling: {minReplicas: 3, maxReplicas: 5}}";
  constexpr const char* kMaySleep =
      "{model: {name: m}, engine: {image: i}, scaling: {minReplicas: 0, maxReplicas: 5}}";
  for (const Row& row : {
           Row{kEngine, 5, 4, 2},  // spec.replicas wins
           Row{kScaled, 5, 4, 5},
           Row{kScaled, {}, 4, 4},  // before the first decision what runs goes on
           Row{kScaled, {}, {}, 3}, Row{kMaySleep, 0, 1, 0}, Row{kMaySleep, {}, 1, 1},
           Row{kMaySleep, {}, {}, 0}, Row{"{model: {name: m}, engine: {image: i}}", {}, {}, 1},
           Row{"{model: {name: m}, engine: {image: i}, scaling: {minReplicas: 0, dryRun: true}}",
               {},
               {},
               1},  // nothing would wake it
       }) {
    Input input = input_of(row.spec);
    input.object.status.desired_replicas = row.decided;
    input.deployment.exists = row.running.has_value();
    input.deployment.wanted = row.running.value_or(0);
    EXPECT_EQ(decide(input).replicas, row.wanted) << row.spec;
  }
}

TEST(Status, AModelThatSleepsIsReady) {
  Input input =
      input_of("{model: {name: m}, engine: {image: i}, scaling: {minReplicas: 0, maxReplicas: 5}}");
  input.object.status.desired_replicas = 0;
  input.deployment = facts(0, 0, 0, 0);
  const auto status = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(shown(status.conditions, "Available"), "True Asleep");
  EXPECT_EQ(shown(status.conditions, "Ready"), "True Ready");
}

TEST(Status, LeavesTheAutoscalersPartAlone) {
  Input input = input_of(kEngine);
  input.object.status.desired_replicas = 4;
  input.object.status.throughput.emplace();
  const auto status = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(shown(status.conditions, "ScalingActive"), "");
  const auto intent = status_intent(input.object, status).value().at("status");
  for (const char* field : {"desiredReplicas", "throughput", "lastScaling"}) {
    EXPECT_FALSE(intent.contains(field)) << field;
  }
}

TEST(Status, ReasonsAreInTheTable) {
  std::set<std::string_view> table;
  for (const auto& reason : kReasons) {
    EXPECT_TRUE(table.insert(reason.name).second) << reason.name;
  }
  for (const auto& facts_now : {DeploymentFacts{}, facts(2, 2, 2, 2), facts(2, 3, 1, 1)}) {
    Input input = input_of(kEngine);
    input.deployment = facts_now;
    for (const auto& condition : status_of(input, decide(input), std::nullopt).conditions) {
      EXPECT_TRUE(table.contains(condition.reason)) << condition.reason;
    }
  }
}

TEST(News, TellTheStory) {
  Input input = input_of(kEngine);
  const auto started = status_of(input, decide(input), std::nullopt);
  const auto told = [](const crd::model_deployment::Status& before,
                       const crd::model_deployment::Status& after) {
    std::vector<std::string> reasons;
    for (const auto& item : news(before, after)) {
      EXPECT_FALSE(item.warning);
      reasons.push_back(item.reason);
    }
    return reasons;
  };
  using Reasons = std::vector<std::string>;
  EXPECT_EQ(told({}, started), Reasons{"Starting"});
  input.object.status = started;
  input.deployment = facts(2, 2, 2, 2);
  const auto done = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(told(started, done), Reasons{"Ready"}) << "and not Deployed beside it";
  input.object.status = done;
  input.deployment = facts(2, 3, 1, 2);
  const auto rolling = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(told(done, rolling), Reasons{"RollingOut"});
  input.object.status = rolling;
  input.deployment = facts(2, 2, 2, 2);
  EXPECT_EQ(told(rolling, status_of(input, decide(input), std::nullopt)), Reasons{"Deployed"});
}

}  // namespace
}  // namespace penstock::controller::modeldeployment
