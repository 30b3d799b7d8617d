#include "controller/inferencegateway/desired.h"

#include <set>

#include "base/base64.h"
#include "controller/inferencegateway/names.h"
#include "gateway/snapshot/document_json.h"
#include "gateway/snapshot/packing.h"
#include "given.h"

namespace penstock::controller::inferencegateway {
namespace {

TEST(GatewayChildren, AllOfThemOwnedLabelledAndInTheSlots) {
  Input input = given(kGateway);
  input.identity = Identity{{"certificate", Secret("key")}, "trusted"};
  Image with_stream = image();
  with_stream.controller_url = "https://penstock.test:9443";
  const auto children = desired(input, decide(input), with_stream);
  const auto slots = all_slots("main");
  EXPECT_EQ(children.size(), slots.size());
  for (const auto& child : children) {
    const auto& metadata = child.intent.value()["metadata"];
    EXPECT_EQ(metadata["ownerReferences"][0]["uid"], "u-1");
    EXPECT_EQ(metadata["labels"]["penstock.dev/inference-gateway"], "main");
    EXPECT_EQ(metadata["labels"]["app.kubernetes.io/managed-by"], "penstock");
    EXPECT_EQ(metadata["namespace"], "team-a");
    EXPECT_NE(std::ranges::find(slots, child.slot), slots.end());
  }
}

TEST(GatewayChildren, ConfigurationComesBeforeThePodsThatMountIt) {
  const Input input = given(kGateway);
  const auto children = desired(input, decide(input), image());
  EXPECT_EQ(children.back().slot.resource.kind, "Deployment");
}

TEST(GatewayChildren, RoleReadsOnlyItsOwnSecret) {
  const auto rules = child_of(given(kGateway), "Role")["rules"];
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0]["resources"], json::Value::array({"secrets"}));
  EXPECT_EQ(rules[0]["resourceNames"], json::Value::array({"main-snapshot"}));
  EXPECT_EQ(rules[0]["verbs"], json::Value::array({"get", "list", "watch"}));
}

TEST(GatewayChildren, SecretHoldsTheDocumentOfItsVersion) {
  const Input input = given(kGateway);
  const Plan plan = decide(input);
  const auto secret = child_of(input, "Secret");
  EXPECT_EQ(secret["metadata"]["annotations"][std::string(kVersionAnnotation)],
            plan.document.version);
  const auto bytes = base64_decode(secret["data"]["snapshot.json"].get<std::string>()).value();
  const auto text = gateway::snapshot::unpack(bytes).value();
  const auto document = gateway::snapshot::read_document(text).value();
  EXPECT_EQ(document.gateway, "team-a/main");
  EXPECT_EQ(document.version, plan.document.version);
}

TEST(GatewayChildren, PodsMeetTheRestrictedLevelAndProbeTheAdminPort) {
  const auto pod = child_of(given(kGateway), "Deployment")["spec"]["template"]["spec"];
  EXPECT_EQ(pod["securityContext"]["runAsNonRoot"], true);
  EXPECT_FALSE(pod["securityContext"].contains("sysctls"));
  const auto container = pod["containers"][0];
  EXPECT_EQ(container["name"], "gateway");
  EXPECT_EQ(container["image"], "penstock.local/penstock:dev");
  EXPECT_EQ(container["securityContext"]["readOnlyRootFilesystem"], true);
  EXPECT_EQ(container["readinessProbe"]["httpGet"]["path"], "/readyz");
  EXPECT_EQ(container["livenessProbe"]["httpGet"]["path"], "/livez");
  EXPECT_EQ(container["readinessProbe"]["httpGet"]["port"], "admin");
}

TEST(GatewayChildren, GraceCoversDrainDelayAndDrain) {
  const auto pod = child_of(given(kGateway), "Deployment")["spec"]["template"]["spec"];
  const std::string args = pod["containers"][0]["args"].dump();
  EXPECT_NE(args.find("--drain-delay=5s"), std::string::npos);
  EXPECT_NE(args.find("--drain-timeout=300s"), std::string::npos);
  EXPECT_GT(pod["terminationGracePeriodSeconds"].get<int>(), 305);
}

TEST(GatewayChildren, ReplicasAreTwoUnlessSaid) {
  EXPECT_EQ(child_of(given(kGateway), "Deployment")["spec"]["replicas"], 2);
  EXPECT_EQ(
      child_of(given(std::string(kGateway) + "  replicas: 5\n"), "Deployment")["spec"]["replicas"],
      5);
  EXPECT_EQ(
      child_of(given(std::string(kGateway) + "  autoscaling: {minReplicas: 3, maxReplicas: 9}\n"),
               "Deployment")["spec"]["replicas"],
      3);
}

TEST(GatewayChildren, AdminPortGivesWayToListeners) {
  Input input = given(kGateway);
  auto& listener = input.object.spec.listeners.front();
  listener.port = 9090;
  input.resources.gateways = {input.object};
  EXPECT_EQ(decide(input).admin_port, 9091);
  const auto policy = child_of(input, "NetworkPolicy");
  EXPECT_EQ(policy["spec"]["ingress"][0]["ports"].size(), 2U);
}

TEST(GatewayChildren, LowPortsNeedThePodsOwnSysctl) {
  Input input = given(kGateway);
  input.object.spec.listeners.front().port = 80;
  input.resources.gateways = {input.object};
  const auto pod = child_of(input, "Deployment")["spec"]["template"]["spec"];
  EXPECT_EQ(pod["securityContext"]["sysctls"][0]["name"], "net.ipv4.ip_unprivileged_port_start");
}

TEST(GatewayChildren, ServiceTypeAndAnnotationsAreTheUsers) {
  const auto service = child_of(
      given(std::string(kGateway) + "  service: {type: LoadBalancer, annotations: {a/b: c}}\n"),
      "Service");
  EXPECT_EQ(service["spec"]["type"], "LoadBalancer");
  EXPECT_EQ(service["metadata"]["annotations"]["a/b"], "c");
  EXPECT_EQ(service["metadata"]["labels"]["app.kubernetes.io/managed-by"], "penstock");
}

TEST(GatewayChildren, PodTemplateIsMergedLast) {
  const auto pod = child_of(given(std::string(kGateway) + R"(
  podTemplate:
    spec:
      nodeSelector: {pool: edge}
      containers: [{name: gateway, env: [{name: A, value: b}]}]
)"),
                            "Deployment")["spec"]["template"]["spec"];
  EXPECT_EQ(pod["nodeSelector"]["pool"], "edge");
  EXPECT_EQ(pod["containers"].size(), 1U);
  EXPECT_EQ(pod["containers"][0]["env"][0]["name"], "A");
}

TEST(GatewayChildren, SameInputsGiveTheSameChildren) {
  const Input input = given(kGateway);
  const auto first = desired(input, decide(input), image());
  const auto second = desired(input, decide(input), image());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].intent, second[i].intent);
  }
}

}  // namespace
}  // namespace penstock::controller::inferencegateway
