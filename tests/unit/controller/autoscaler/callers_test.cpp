#include "controller/autoscaler/callers.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "json/yaml.h"

namespace penstock::controller::autoscaler {
namespace {

kube::Object object_of(const std::string& yaml) {
  return kube::Object(*json::parse_yaml(yaml, "test.yaml").documents.at(0).value);
}

kube::Object route() {
  return object_of(
      "{metadata: {name: r, namespace: team}, spec: {gatewayRefs: [{name: main}], tiers: "
      "[{backends: "
      "[{deploymentRef: {name: llama}}, {deploymentRef: {name: big, namespace: other}}]}]}}");
}

kube::Object gateway() {
  return object_of("{metadata: {name: main, namespace: team}}");
}

kube::Object gateway_pod(const std::string& name, bool ready, const std::string& more = "") {
  return object_of("{metadata: {name: " + name +
                   ", namespace: team, labels: {penstock.dev/inference-gateway: main}" + more +
                   "}, spec: {containers: [{ports: [{containerPort: 8080}, {name: admin, "
                   "containerPort: 9090}]}]}, status: {podIP: 10.0.0.9, conditions: [{type: Ready, "
                   "status: '" +
                   (ready ? "True" : "False") + "'}]}}");
}

TEST(GatewayPods, ThoseThatTakeCalls) {
  const auto pods =
      gateway_pods({gateway_pod("a", true), gateway_pod("b", false),
                    gateway_pod("c", true, ", deletionTimestamp: '2026-01-01T00:00:00Z'")});
  ASSERT_EQ(pods.size(), 1U);
  EXPECT_EQ(pods[0].key, "team/a");
  EXPECT_EQ(pods[0].gateway, "team/main");
  EXPECT_EQ(pods[0].admin_port, 9090);
  EXPECT_EQ(pods[0].address, "10.0.0.9");
}

TEST(Callers, FollowRoutes) {
  const auto callers = callers_of(
      {route()}, {gateway()}, gateway_pods({gateway_pod("a", true), gateway_pod("b", true)}), {});
  EXPECT_EQ(callers.at("team/llama"), (std::vector<std::string>{"team/a", "team/b"}));
  EXPECT_EQ(callers.at("other/big"), (std::vector<std::string>{"team/a", "team/b"}));
}

TEST(Callers, ThoseWhoReportItCallItToo) {
  const auto callers = callers_of({}, {gateway()}, gateway_pods({gateway_pod("a", true)}),
                                  {{"team/fallback", {"team/a", "team/gone"}}});
  EXPECT_EQ(callers.at("team/fallback"), std::vector<std::string>{"team/a"});
}

TEST(Callers, AGatewayWithoutPodsIsASilentCaller) {
  const auto callers = callers_of({route()}, {gateway()}, {}, {});
  ASSERT_EQ(callers.at("team/llama").size(), 1U);
  EXPECT_NE(callers.at("team/llama")[0].find("team/main"), std::string::npos);
  EXPECT_TRUE(callers_of({route()}, {}, {}, {}).empty()) << "a gateway that does not exist";
}

}  // namespace
}  // namespace penstock::controller::autoscaler
