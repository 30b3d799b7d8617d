#include "controller/modeldeployment/diagnosis.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "json/yaml.h"

namespace penstock::controller::modeldeployment {
namespace {

struct Row {
  const char* name;
  const char* pod;  ///< status in YAML; empty: no pod
  const char* deployment;
  const char* reason;   ///< empty: nothing is wrong
  const char* message;  ///< a part of it
};

json::Value status_of(const std::string& yaml) {
  return {{"status", yaml.empty() ? json::Value::object()
                                  : *json::parse_yaml(yaml, "test").documents.at(0).value}};
}

class Diagnosis : public testing::TestWithParam<Row> {};

TEST_P(Diagnosis, NamesTheCause) {
  const Row& row = GetParam();
  std::vector<PodFacts> pods;
  if (*row.pod != '\0') {
    pods.push_back(read_pod(status_of(row.pod)));
  }
  const auto deployment = read_deployment(status_of(row.deployment));
  const auto found = diagnose({pods, deployment, "team", "app=x", std::chrono::minutes(30)});
  ASSERT_EQ(found.has_value(), *row.reason != '\0') << (found ? found->message : "");
  if (found) {
    EXPECT_EQ(found->reason, row.reason);
    EXPECT_NE(found->message.find(row.message), std::string::npos) << found->message;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Causes, Diagnosis,
    testing::Values(
        Row{"Ready", "{conditions: [{type: Ready, status: 'True'}]}", "", "", ""},
        Row{"Starting", "{containerStatuses: [{name: engine, state: {running: {}}}]}", "", "", ""},
        Row{"Creating",
            "{containerStatuses: [{name: engine, state: {waiting: {reason: ContainerCreating}}}]}",
            "", "", ""},
        Row{"ImagePull",
            "{containerStatuses: [{name: engine, image: 'x:1', state: {waiting: {reason: "
            "ErrImagePull, message: 'rpc error: x:1: not found'}}}]}",
            "", "ImagePullBackOff", "image x:1 cannot be pulled: there is no such image"},
        Row{"ImagePullBackOffSaysTheSame",
            "{containerStatuses: [{name: engine, image: 'x:1', state: {waiting: {reason: "
            "ImagePullBackOff, message: 'Back-off: x:1: not found'}}}]}",
            "", "ImagePullBackOff", "image x:1 cannot be pulled: there is no such image"},
        Row{"CrashLoop",
            "{containerStatuses: [{name: engine, restartCount: 2, state: {waiting: {reason: "
            "CrashLoopBackOff}}, lastState: {terminated: {reason: Error, exitCode: 3}}}]}",
            "", "CrashLoopBackOff", "exits with code 3; see its log: kubectl logs -n team"},
        Row{"CrashedAndRestartedIsStillACrash",
            "{containerStatuses: [{name: engine, restartCount: 1, state: {running: {}}, lastState: "
            "{terminated: {reason: Error, exitCode: 3}}}]}",
            "", "CrashLoopBackOff", "code 3"},
        Row{"OutOfMemory",
            "{containerStatuses: [{name: engine, restartCount: 1, state: {waiting: {reason: "
            "CrashLoopBackOff}}, lastState: {terminated: {reason: OOMKilled, exitCode: 137}}}]}",
            "", "OOMKilled", "resources.limits.memory"},
        Row{"StartupTimeout",
            "{containerStatuses: [{name: engine, restartCount: 1, state: {running: {}}, lastState: "
            "{terminated: {reason: Error, exitCode: 137, startedAt: '2026-01-01T00:00:00Z', "
            "finishedAt: '2026-01-01T00:30:05Z'}}}]}",
            "", "StartupTimeout", "within 30m"},
        Row{"LastWords",
            "{containerStatuses: [{name: engine, restartCount: 2, state: {waiting: {reason: "
            "CrashLoopBackOff}}, lastState: {terminated: {reason: Error, exitCode: 1, message: "
            "'OSError: [Errno 28] No space left on device'}}}]}",
            "", "OutOfDisk", "engine.cache.size"},
        Row{"Evicted",
            "{reason: Evicted, phase: Failed, message: 'The node was low on resource: "
            "ephemeral-storage. Threshold quantity: 1Gi'}",
            "", "OutOfDisk", "the node removed a replica"},
        Row{"MissingSecret",
            "{containerStatuses: [{name: engine, state: {waiting: {reason: "
            "CreateContainerConfigError, message: 'secret \"hf\" not found'}}}]}",
            "", "ContainerConfigError", "secret \"hf\" not found"},
        Row{"Unschedulable",
            "{conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: "
            "'0/3 nodes are available: 3 Insufficient nvidia.com/gpu. preemption: 0/3 ...'}]}",
            "", "Unschedulable", "not enough nvidia.com/gpu"},
        Row{"Cordoned",
            "{conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: "
            "'0/1 nodes are available: 1 node(s) had untolerated taint "
            "{node.kubernetes.io/unschedulable: }. preemption: 0/1 ...'}]}",
            "", "Unschedulable",
            "no node can take a replica: nodes are cordoned; kubectl uncordon them"},
        Row{"Quota", "",
            "{conditions: [{type: ReplicaFailure, status: 'True', message: 'pods \"llama-x7\" is "
            "forbidden: exceeded quota: gpus, requested: requests.nvidia.com/gpu=1, used: "
            "requests.nvidia.com/gpu=4, limited: requests.nvidia.com/gpu=4'}]}",
            "QuotaExceeded",
            "ResourceQuota gpus of namespace team forbids another replica "
            "(requests.nvidia.com/gpu=1)"},
        Row{"PodSecurity", "",
            "{conditions: [{type: ReplicaFailure, status: 'True', message: 'pods \"llama-x7\" is "
            "forbidden: violates PodSecurity \"restricted:latest\"'}]}",
            "PodForbidden", "pods are not admitted: violates PodSecurity"},
        Row{"Deadline", "",
            "{conditions: [{type: Progressing, status: 'False', reason: "
            "ProgressDeadlineExceeded}]}",
            "ProgressDeadlineExceeded", "kubectl describe pods"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(DiagnosisMessage, NamesNoPod) {
  const auto deployment = read_deployment(status_of(
      "{conditions: [{type: ReplicaFailure, status: 'True', message: 'pods \"llama-x7\" is "
      "forbidden: no'}]}"));
  const auto found = diagnose({{}, deployment, "team", "app=x", std::chrono::minutes(1)});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->message.find("x7"), std::string::npos);
}

TEST(WhatIsMissing, LeavesCountsOut) {
  EXPECT_EQ(what_is_missing("0/5 nodes are available: 2 Insufficient cpu, 3 node(s) didn't match "
                            "Pod's node affinity/selector, 1 Insufficient nvidia.com/gpu."),
            "no node matches the node selector; not enough cpu; not enough nvidia.com/gpu");
  EXPECT_EQ(what_is_missing("0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}."),
            "the taint gpu: yes is not tolerated");
  EXPECT_EQ(what_is_missing("no nodes available to schedule pods"), "no nodes are available");
}

}  // namespace
}  // namespace penstock::controller::modeldeployment
