#include "controller/inferencegateway/status.h"

#include <algorithm>

#include "controller/inferencegateway/reasons.h"
#include "given.h"
#include "runtime/conditions.h"

namespace penstock::controller::inferencegateway {
namespace {

/// A gateway with two pods that take calls and run what they should.
Input serving() {
  Input input = given(kGateway);
  const std::string version = decide(input).document.version;
  input.delivered_version = version;
  input.workload = {.current = true, .replicas = 2, .updated = 2, .ready = 2};
  input.service.cluster_ip = "10.1.2.3";
  input.replicas = {{"a", "10.0.0.1", true, version}, {"b", "10.0.0.2", true, version}};
  return input;
}

struct Row {
  const char* name;
  void (*change)(Input&);
  const char* type;
  const char* status;
  std::string_view reason;
};

const Row kRows[] = {
    {"serving", [](Input&) {}, "Ready", "True", "Ready"},
    {"accepted", [](Input&) {}, "Accepted", "True", kAccepted},
    {"programmed", [](Input&) {}, "Programmed", "True", kProgrammed},
    {"no pod ready", [](Input& in) { in.workload.ready = 0; }, "Programmed", "False", kStarting},
    {"no pod wanted", [](Input& in) { in.object.spec.replicas = 0; }, "Ready", "False",
     kScaledToZero},
    {"one pod behind", [](Input& in) { in.replicas[1].version = "old"; }, "Programmed", "False",
     kPropagating},
    {"behind because it was written just now",
     [](Input& in) {
       in.replicas[1].version = "old";
       in.delivered_version = "old";
     },
     "Programmed", "True", kProgrammed},
    {"pods that say nothing",
     [](Input& in) {
       in.replicas[0].version.reset();
       in.replicas[1].version.reset();
     },
     "Programmed", "True", kProgrammed},
    {"certificate missing",
     [](Input& in) {
       auto& listener = in.object.spec.listeners.front();
       listener.protocol = crd::inference_gateway::ListenerProtocol::kHTTPS;
       listener.tls_secret_ref = crd::LocalRef{"cert", {}};
       in.resources.gateways = {in.object};
     },
     "Accepted", "False", kNoUsableListener},
    {"autoscaling",
     [](Input& in) {
       in.object.spec.autoscaling.emplace().max_replicas = 4;
       in.resources.gateways = {in.object};
     },
     "Accepted", "True", kPartlyApplied},
};

TEST(GatewayStatus, ConditionsSayWhatIsAndWhy) {
  for (const auto& row : kRows) {
    Input input = serving();
    row.change(input);
    const auto status = status_of(input, decide(input), std::nullopt);
    const auto* condition = runtime::find_condition(status.conditions, row.type);
    ASSERT_NE(condition, nullptr) << row.name;
    EXPECT_EQ(condition->status, row.status) << row.name;
    if (std::string_view(row.type) != "Ready" || condition->status == "False") {
      EXPECT_EQ(condition->reason, row.reason) << row.name;
    }
    EXPECT_FALSE(condition->message.empty()) << row.name;
  }
}

TEST(GatewayStatus, CountsReplicasOfTheNewestConfiguration) {
  Input input = serving();
  auto status = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(status.snapshot_version, decide(input).document.version);
  EXPECT_EQ(status.snapshot_replicas, 2);
  input.replicas[0].version = "old";
  status = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(status.snapshot_replicas, 1);
  input.replicas[0].version.reset();
  input.replicas[1].version.reset();
  EXPECT_EQ(status_of(input, decide(input), std::nullopt).snapshot_replicas, std::nullopt);
}

TEST(GatewayStatus, AddressesGoFromTheMostPublicInwards) {
  Input input = serving();
  input.service.ingress_ips = {"203.0.113.9"};
  const auto status = status_of(input, decide(input), std::nullopt);
  ASSERT_EQ(status.addresses.size(), 3U);
  EXPECT_EQ(status.addresses[0].value, "203.0.113.9");
  EXPECT_EQ(status.addresses[1].value, "main-gateway.team-a.svc");
  EXPECT_EQ(status.addresses[2].value, "10.1.2.3");
}

TEST(GatewayStatus, FailureToApplyIsTold) {
  const Input input = serving();
  const auto status =
      status_of(input, decide(input),
                condition::Finding{std::string(condition::kApplyFailed), "server's words"});
  const auto* condition = runtime::find_condition(status.conditions, "Programmed");
  EXPECT_EQ(condition->reason, condition::kApplyFailed);
  EXPECT_EQ(condition->message, "server's words");
}

TEST(GatewayStatus, SecondPassSaysTheSame) {
  Input input = serving();
  const auto first = status_of(input, decide(input), std::nullopt);
  input.object.status = first;
  input.now += std::chrono::hours(1);
  const auto second = status_of(input, decide(input), std::nullopt);
  EXPECT_EQ(status_intent(input.object, first), status_intent(input.object, second));
  EXPECT_TRUE(news(first, second).empty());
}

TEST(GatewayStatus, EveryReasonIsInTheTable) {
  for (const auto& row : kRows) {
    Input input = serving();
    row.change(input);
    for (const auto& condition : status_of(input, decide(input), std::nullopt).conditions) {
      const bool known =
          std::ranges::find(kReasons, condition.reason, &Reason::name) != kReasons.end();
      EXPECT_TRUE(known) << condition.reason;
    }
  }
}

}  // namespace
}  // namespace penstock::controller::inferencegateway
