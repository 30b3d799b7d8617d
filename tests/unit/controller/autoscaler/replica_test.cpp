#include "controller/autoscaler/replica.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/time_format.h"
#include "json/yaml.h"

namespace penstock::controller::autoscaler {
namespace {

using scaling::Pending;

kube::Object pod_of(const std::string& status, const std::string& metadata = "") {
  return kube::Object(
      *json::parse_yaml("metadata: {name: p, namespace: n, uid: u, creationTimestamp: "
                        "'2026-01-01T00:00:00Z'" +
                            metadata + "}\nstatus: " + status,
                        "pod.yaml")
           .documents.at(0)
           .value);
}

struct Row {
  const char* name;
  const char* status;
  Pending pending;
};

class PendingOf : public testing::TestWithParam<Row> {};

TEST_P(PendingOf, SaysWhatItWaitsFor) {
  EXPECT_EQ(read_replica(pod_of(GetParam().status)).pending, GetParam().pending);
}

INSTANTIATE_TEST_SUITE_P(
    Life, PendingOf,
    testing::Values(
        Row{"New", "{phase: Pending}", Pending::kScheduling},
        Row{"Gated",
            "{conditions: [{type: PodScheduled, status: 'False', reason: SchedulingGated}]}",
            Pending::kScheduling},
        Row{"NoNode",
            "{conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable}]}",
            Pending::kUnschedulable},
        Row{"NodeNominated",
            "{nominatedNodeName: n1, conditions: [{type: PodScheduled, status: 'False', reason: "
            "Unschedulable}]}",
            Pending::kNodeProvisioning},
        Row{"Bound", "{conditions: [{type: PodScheduled, status: 'True'}]}", Pending::kPulling},
        Row{"Creating",
            "{conditions: [{type: PodScheduled, status: 'True'}], containerStatuses: [{state: "
            "{waiting: {reason: ContainerCreating}}}]}",
            Pending::kPulling},
        Row{"ImageMissing",
            "{conditions: [{type: PodScheduled, status: 'True'}], containerStatuses: [{state: "
            "{waiting: {reason: ImagePullBackOff}}}]}",
            Pending::kPulling},
        Row{"FetchingWeights",
            "{conditions: [{type: PodScheduled, status: 'True'}], initContainerStatuses: [{state: "
            "{running: {}}}], containerStatuses: [{state: {waiting: {reason: PodInitializing}}}]}",
            Pending::kPulling},
        Row{"CrashLoop",
            "{conditions: [{type: PodScheduled, status: 'True'}], containerStatuses: [{state: "
            "{waiting: {reason: CrashLoopBackOff}}}]}",
            Pending::kCrashing},
        Row{"RestartedAndNotReady",
            "{conditions: [{type: PodScheduled, status: 'True'}], containerStatuses: [{ready: "
            "false, restartCount: 2, state: {running: {}}}]}",
            Pending::kCrashing},
        Row{"Loading",
            "{conditions: [{type: PodScheduled, status: 'True'}], containerStatuses: [{ready: "
            "false, restartCount: 0, state: {running: {}}}]}",
            Pending::kNone},
        Row{"Ready",
            "{conditions: [{type: PodScheduled, status: 'True'}, {type: Ready, status: 'True'}]}",
            Pending::kNone}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Replica, ProvisioningRequestsAreOnThePod) {
  const auto replica = read_replica(
      pod_of("{conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable}]}",
             ", annotations: {autoscaling.x-k8s.io/consume-provisioning-request: r}"));
  EXPECT_EQ(replica.pending, Pending::kNodeProvisioning);
}

TEST(Replica, TimesGoOntoTheSteadyClock) {
  const auto replica = read_replica(
      pod_of("{podIP: 10.0.0.1, conditions: [{type: PodScheduled, status: 'True', "
             "lastTransitionTime: '2026-01-01T00:00:05Z'}, {type: Ready, status: 'True', "
             "lastTransitionTime: '2026-01-01T00:00:40Z'}]}"));
  EXPECT_EQ(replica.address, "10.0.0.1");
  const SteadyTime now(std::chrono::hours(9));
  const auto facts = facts_of(replica, now, *parse_rfc3339("2026-01-01T00:01:00Z"));
  EXPECT_EQ(facts.created, now - std::chrono::seconds(60));
  EXPECT_EQ(facts.scheduled, now - std::chrono::seconds(55));
  EXPECT_EQ(facts.ready_since, now - std::chrono::seconds(20));
}

TEST(Replica, DeletingDrainsAndEndedIsOver) {
  EXPECT_TRUE(read_replica(pod_of("{}", ", deletionTimestamp: '2026-01-01T00:00:09Z'")).draining);
  EXPECT_TRUE(read_replica(pod_of("{phase: Failed, reason: Evicted}")).over);
  EXPECT_FALSE(read_replica(pod_of("{phase: Running}")).over);
}

TEST(Replica, ReadsItsDeletionCost) {
  const auto cost = [](const std::string& value) {
    return read_replica(
               pod_of("{}", ", annotations: {controller.kubernetes.io/pod-deletion-cost: '" +
                                value + "'}"))
        .deletion_cost;
  };
  EXPECT_EQ(cost("-7"), -7);
  EXPECT_EQ(cost("much"), std::nullopt);
  EXPECT_EQ(read_replica(pod_of("{}")).deletion_cost, std::nullopt);
}

}  // namespace
}  // namespace penstock::controller::autoscaler
