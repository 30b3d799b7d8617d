#include "app/standalone/serving.h"

#include <gtest/gtest.h>

#include "app/config/manifests.h"
#include "app/standalone/judge.h"

namespace penstock::app::standalone {
namespace {

namespace doc = gateway::snapshot;

controller::snapshot::Resources read(const std::string& yaml) {
  return resources_of(config::merge({}, {json::parse_yaml(yaml, "t.yaml")}, judge));
}

std::string gateway(const std::string& name, const std::string& name_space = "default") {
  return "---\napiVersion: penstock.dev/v1alpha1\nkind: InferenceGateway\nmetadata: {name: " +
         name + ", namespace: " + name_space + "}\nspec: {listeners: [{name: http, port: 8080}]}\n";
}

doc::Listener listener(const std::string& name, std::uint16_t port) {
  doc::Listener out;
  out.name = name;
  out.port = port;
  return out;
}

TEST(Serving, TheOnlyGatewayIsServedAndSeveralNeedAChoice) {
  EXPECT_EQ(choose_gateway(read(gateway("a")), "").value(), "default/a");
  const auto two = read(gateway("a") + gateway("b", "team"));
  EXPECT_NE(choose_gateway(two, "").error().message().find("default/a, team/b"), std::string::npos);
  EXPECT_EQ(choose_gateway(two, "b").value(), "team/b");
  EXPECT_EQ(choose_gateway(two, "default/a").value(), "default/a");
  EXPECT_FALSE(choose_gateway(two, "c").has_value());
  EXPECT_EQ(choose_gateway({}, "").error().code(), Code::kNotFound);
}

TEST(Serving, ListenReplacesTheFirstListenersAddress) {
  doc::Document document;
  document.listeners = {listener("a", 8080), listener("b", 8443)};
  const auto listeners = listeners_of(document, ListenAddress{"127.0.0.1", 0});
  EXPECT_EQ(listeners[0].address, "127.0.0.1");
  EXPECT_EQ(listeners[0].port, 0);
  EXPECT_EQ(listeners[1].port, 8443);
  EXPECT_EQ(listeners_of(document, std::nullopt)[0].port, 8080);
  EXPECT_TRUE(listeners_of({}, ListenAddress{"::1", 1}).empty());
}

TEST(Serving, SocketsFitAsLongAsNamesPortsAndProtocolsStay) {
  doc::Document before;
  before.listeners = {listener("a", 8443)};
  doc::Document after = before;
  after.listeners[0].certificate_pem = "new";
  EXPECT_TRUE(same_listeners(before, after));
  after.listeners[0].port = 9443;
  EXPECT_FALSE(same_listeners(before, after));
  EXPECT_FALSE(same_listeners(before, {}));
}

TEST(Serving, EngineStatesBecomeEndpoints) {
  const auto endpoints =
      endpoints_of({{"d/a", {{"d/a-0", 9001, true, false}, {"d/a-1", 9002, false, true}}}});
  ASSERT_EQ(endpoints.at("d/a").size(), 2U);
  EXPECT_EQ(endpoints.at("d/a")[0].id, "d/a-0");
  EXPECT_EQ(endpoints.at("d/a")[0].host, "127.0.0.1");
  EXPECT_TRUE(endpoints.at("d/a")[0].ready);
  EXPECT_TRUE(endpoints.at("d/a")[1].draining);
}

TEST(Serving, CallsInFlightAreReadFromTheMetrics) {
  EXPECT_EQ(calls_in_flight("# TYPE penstock_gateway_requests_in_flight gauge\n"
                            "penstock_gateway_requests_in_flight 42\nother 1\n"),
            42U);
  EXPECT_EQ(calls_in_flight(""), 0U);
}

TEST(Serving, CallsThatWaitAreOpenOnNoEngine) {
  const std::string metrics = "\npenstock_gateway_requests_in_flight 5\n";
  gateway::demand::Report demand;
  demand.deployments = {{.name_space = "d", .name = "a-b", .in_flight = 1, .waiting_for_start = 3},
                        {.name_space = "d", .name = "c", .queued = 1}};
  EXPECT_EQ(calls_open(demand, metrics, "d/a-b-0"), 1U);
  demand.deployments[1].queued = 2;
  EXPECT_EQ(calls_open(demand, metrics, "d/a-b-0"), 1U) << "at an engine, whatever the sums say";
  EXPECT_EQ(calls_open(demand, metrics, "d/c-0"), 0U);
  demand.deployments[0].waiting_for_start = 0;
  EXPECT_EQ(calls_open(demand, metrics, "d/c-0"), 3U) << "it may still go there";
}

TEST(Serving, TheFirstKeyIsOneThatWorks) {
  const std::string consumer = R"(---
apiVersion: penstock.dev/v1alpha1
kind: Consumer
metadata: {name: a-suspended}
spec: {suspended: true, credentials: [{name: k, apiKeySecretRef: {name: keys, key: a}}]}
---
apiVersion: penstock.dev/v1alpha1
kind: Consumer
metadata: {name: b-missing}
spec: {credentials: [{name: k, apiKeySecretRef: {name: keys, key: gone}}]}
---
apiVersion: penstock.dev/v1alpha1
kind: Consumer
metadata: {name: c-good}
spec: {credentials: [{name: k, apiKeySecretRef: {name: keys, key: c}}]}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {a: key-a, c: "key-c\n"}
)";
  const auto resources = read(gateway("g") + consumer);
  const auto compiled = controller::snapshot::compile(resources, "default/g", {});
  const auto first = first_api_key(resources, compiled.document.value());
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->key.reveal(), "key-c");
  EXPECT_EQ(compiled.document->consumers[first->consumer].name, "default/c-good");
  EXPECT_FALSE(first_api_key({}, {}).has_value());
}

}  // namespace
}  // namespace penstock::app::standalone
