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

/// With a container that has a limit, as a pod has its spec.
json::Value pod_of(const std::string& yaml) {
  json::Value pod = *json::parse_yaml(
                         "{spec: {containers: [{name: sidecar}, {name: engine, resources: {limits: "
                         "{memory: 16Gi}}}, {name: free}]}}",
                         "test")
                         .documents.at(0)
                         .value;
  pod["status"] = *json::parse_yaml(yaml, "test").documents.at(0).value;
  return pod;
}

json::Value status_of(const std::string& yaml) {
  return {{"status", yaml.empty() ? json::Value::object()
                                  : *json::parse_yaml(yaml, "test").documents.at(0).value}};
}

class Diagnosis : public testing::TestWithParam<Row> {};

TEST_P(Diagnosis, NamesTheCause) {
  const Row& row = GetParam();
  std::vector<PodFacts> pods;
  if (*row.pod != '\0') {
    pods.push_back(read_pod(pod_of(row.pod)));
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
            "", "OOMKilled",
            "container engine was killed because it used more memory than its limit of 16Gi; raise "
            "engine.resources.limits.memory"},
        Row{"OutOfMemoryOfTheNode",
            "{containerStatuses: [{name: free, state: {terminated: {reason: OOMKilled, exitCode: "
            "137}}}]}",
            "", "OOMKilled", "its node had no memory left; set engine.resources.requests.memory"},
        Row{"KilledByTheNode",
            "{containerStatuses: [{name: free, state: {terminated: {reason: Error, exitCode: "
            "137}}}]}",
            "", "CrashLoopBackOff", "code 137 (killed: by its liveness probe, by hand, or because"},
        Row{"StartupTimeout",
            "{containerStatuses: [{name: engine, restartCount: 1, state: {running: {}}, lastState: "
            "{terminated: {reason: Error, exitCode: 137, startedAt: '2026-01-01T00:00:00Z', "
            "finishedAt: '2026-01-01T00:30:05Z'}}}]}",
            "", "StartupTimeout", "within 30m"},
        // The last try of the probe is up to its period before the end; code 0: it drained.
        Row{"StartupTimeoutATryEarly",
            "{containerStatuses: [{name: engine, restartCount: 1, state: {running: {}}, lastState: "
            "{terminated: {reason: Completed, exitCode: 0, startedAt: '2026-01-01T00:00:00Z', "
            "finishedAt: '2026-01-01T00:29:57Z'}}}]}",
            "", "StartupTimeout", "within 30m"},
        Row{"KilledBeforeTheTimeout",
            "{containerStatuses: [{name: engine, restartCount: 1, state: {running: {}}, lastState: "
            "{terminated: {reason: Error, exitCode: 137, startedAt: '2026-01-01T00:00:00Z', "
            "finishedAt: '2026-01-01T00:29:50Z'}}}]}",
            "", "CrashLoopBackOff", "code 137"},
        Row{"KilledAfterHoursOfService",
            "{containerStatuses: [{name: engine, restartCount: 1, state: {running: {}}, lastState: "
            "{terminated: {reason: Error, exitCode: 137, startedAt: '2026-01-01T00:00:00Z', "
            "finishedAt: '2026-01-01T03:00:00Z'}}}]}",
            "", "CrashLoopBackOff", "code 137"},
        Row{"NoSuchCommand",
            "{containerStatuses: [{name: engine, state: {waiting: {reason: RunContainerError, "
            "message: 'failed to create containerd task: failed to create shim task: OCI runtime "
            "create failed: runc create failed: unable to start container process: exec: "
            "\"vllm\": executable file not found in $PATH: unknown'}}}]}",
            "", "StartError",
            "cannot be started: exec: \"vllm\": executable file not found in $PATH; correct "
            "engine.command"},
        Row{"NoSuchCommandSaysTheSameLater",
            "{containerStatuses: [{name: engine, restartCount: 1, state: {waiting: {reason: "
            "CrashLoopBackOff, message: 'back-off 10s'}}, lastState: {terminated: {reason: "
            "StartError, exitCode: 128, message: 'runc create failed: unable to start container "
            "process: exec: \"vllm\": executable file not found in $PATH: unknown', startedAt: "
            "'1970-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:00Z'}}}]}",
            "", "StartError",
            "cannot be started: exec: \"vllm\": executable file not found in $PATH; correct "
            "engine.command"},
        Row{"NoDriver",
            "{containerStatuses: [{name: engine, state: {terminated: {reason: StartError, "
            "exitCode: "
            "128, message: 'OCI runtime create failed: nvidia-container-cli: initialization error: "
            "load library failed: libnvidia-ml.so.1: unknown'}}}]}",
            "", "StartError", "libnvidia-ml.so.1; the node's container runtime refuses it"},
        Row{"ImageForAnotherProcessor",
            "{containerStatuses: [{name: engine, image: 'x:1', state: {waiting: {reason: "
            "ErrImagePull, message: 'no match for platform in manifest: not found'}}}]}",
            "", "ImagePullBackOff", "it has no variant for the node's processor"},
        Row{"ProgramForAnotherProcessor",
            "{containerStatuses: [{name: engine, restartCount: 1, state: {waiting: {reason: "
            "CrashLoopBackOff}}, lastState: {terminated: {reason: Error, exitCode: 1, message: "
            "'exec /bin/engine: exec format error'}}}]}",
            "", "StartError", "kubernetes.io/arch"},
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
