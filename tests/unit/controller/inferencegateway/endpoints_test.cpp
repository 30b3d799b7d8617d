#include "controller/inferencegateway/endpoints.h"

#include "given.h"

namespace penstock::controller::inferencegateway {
namespace {

std::vector<crd::ModelDeployment> one_engine() {
  return {crd::parse_model_deployment(yaml(R"(
apiVersion: penstock.dev/v1alpha1
kind: ModelDeployment
metadata: {name: llama, namespace: team-a}
spec:
  model: {name: llama}
  engine: {type: VLLM}
)"))
              .value()};
}

kube::Object slice(const std::string& name, const std::string& endpoints) {
  return kube::Object(
      yaml(R"(
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: )" +
           name + R"(, namespace: team-a, labels: {kubernetes.io/service-name: llama-engine}}
ports: [{name: http, port: 8000}]
endpoints: )" +
           endpoints));
}

TEST(Endpoints, ReadyDrainingAndStartingAreToldApart) {
  const auto out = endpoints_of(one_engine(), {slice("a", R"(
  - {addresses: [10.0.0.1], conditions: {ready: true}, targetRef: {name: pod-1}}
  - {addresses: [10.0.0.2], conditions: {ready: false, serving: true, terminating: true}, targetRef: {name: pod-2}}
  - {addresses: [10.0.0.3], conditions: {ready: false}, targetRef: {name: pod-3}}
)")});
  const auto& list = out.at("team-a/llama");
  ASSERT_EQ(list.size(), 3U);
  EXPECT_TRUE(list[0].ready && !list[0].draining);
  EXPECT_TRUE(!list[1].ready && list[1].draining);
  EXPECT_TRUE(!list[2].ready && !list[2].draining);
  EXPECT_EQ(list[0].host, "10.0.0.1");
  EXPECT_EQ(list[0].port, 8000);
  EXPECT_EQ(list[0].id, "pod-1");
}

TEST(Endpoints, UnknownReadinessCountsAsReady) {
  const auto out = endpoints_of(one_engine(), {slice("a", "[{addresses: [10.0.0.1]}]")});
  EXPECT_TRUE(out.at("team-a/llama").front().ready);
}

TEST(Endpoints, PodInTwoSlicesCountsOnceAndTheReadyEntryWins) {
  const auto out = endpoints_of(
      one_engine(),
      {slice("a", "[{addresses: [10.0.0.1], conditions: {ready: false}, targetRef: {name: p}}]"),
       slice("b", "[{addresses: [10.0.0.1], conditions: {ready: true}, targetRef: {name: p}}]")});
  ASSERT_EQ(out.at("team-a/llama").size(), 1U);
  EXPECT_TRUE(out.at("team-a/llama").front().ready);
}

TEST(Endpoints, OrderOfSlicesDoesNotMatter) {
  const auto a = slice("a", "[{addresses: [10.0.0.2], targetRef: {name: q}}]");
  const auto b = slice("b", "[{addresses: [10.0.0.1], targetRef: {name: p}}]");
  const auto first = endpoints_of(one_engine(), {a, b});
  const auto second = endpoints_of(one_engine(), {b, a});
  EXPECT_EQ(first.at("team-a/llama")[0].id, "p");
  EXPECT_EQ(second.at("team-a/llama")[0].id, "p");
}

TEST(Endpoints, OtherServicesAndPortlessSlicesAreLeftOut) {
  json::Value other = slice("a", "[{addresses: [10.0.0.1]}]").value();
  other["metadata"]["labels"]["kubernetes.io/service-name"] = "other";
  json::Value portless = slice("b", "[{addresses: [10.0.0.1]}]").value();
  portless["ports"] = nullptr;
  const auto out = endpoints_of(one_engine(), {kube::Object(other), kube::Object(portless)});
  EXPECT_TRUE(!out.contains("team-a/llama") || out.at("team-a/llama").empty());
}

}  // namespace
}  // namespace penstock::controller::inferencegateway
