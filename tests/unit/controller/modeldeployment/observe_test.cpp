#include "controller/modeldeployment/observe.h"

#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "controller/modeldeployment/decide.h"
#include "json/yaml.h"
#include "kube/caller.h"
#include "kube/client.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::controller::modeldeployment {
namespace {

/// An informer that holds these objects.
class Filled {
 public:
  Filled(const kube::Resource& resource, const std::string& objects)
      : informer_(client_, system_waiter(), resource) {
    json::Value list = {{"apiVersion", "v1"},
                        {"kind", "List"},
                        {"metadata", {{"resourceVersion", "9"}}},
                        {"items", *json::parse_yaml(objects, "x").documents.at(0).value}};
    for (auto& item : list["items"]) {
      item["metadata"]["uid"] = item["metadata"]["name"];
      item["metadata"]["resourceVersion"] = "7";
    }
    server_.then_answer(200, list.dump());  // then the watch is cancelled
    running_ = std::jthread([this](std::stop_token stop) { informer_.run(std::move(stop)); });
    EXPECT_TRUE(informer_.wait_synced(system_waiter().now() + std::chrono::seconds(10), {}));
  }
  kube::Informer& informer() { return informer_; }

 private:
  test::ScriptedServer server_;
  kube::TokenSource tokens_{kube::ClusterConfig{}, system_clock()};
  kube::Caller caller_{server_, tokens_, system_waiter(), {}};
  kube::Client client_{caller_};
  kube::Informer informer_;
  std::jthread running_;
};

std::string deployment(const std::string& name_space, const std::string& spec) {
  return "{apiVersion: penstock.dev/v1alpha1, kind: ModelDeployment, metadata: {name: m, "
         "namespace: " +
         name_space + "}, spec: {model: {name: m}, " + spec + "}}";
}
std::string client(const std::string& fallback) {
  return "client: {onnxURI: 'https://h/m.onnx', sha256: " + std::string(64, 'a') +
         ", fallbackRef: {name: m, namespace: " + fallback + "}}";
}

/// one/m falls back to two/m, that to three/m, which is shared with namespaces of a label.
std::string reason(const std::string& labels_of_two) {
  Filled deployments(
      kube::resources::kModelDeployments,
      "[" + deployment("one", client("two")) + ", " +
          deployment("two", client("three") + ", sharedWith: [{namespace: one}]") + ", " +
          deployment("three",
                     "engine: {image: i}, sharedWith: [{namespaceSelector: {matchLabels: {tier: "
                     "gold}}}]") +
          "]");
  Filled namespaces(kube::resources::kNamespaces,
                    "[{metadata: {name: one}}, {metadata: {name: two, labels: " + labels_of_two +
                        "}}, {metadata: {name: three}}]");
  cache::Caches caches;
  caches.model_deployments.add(deployments.informer(), "");
  caches.namespaces.add(namespaces.informer(), "");
  const auto input = observe(caches, caches.model_deployments.get({"one", "m"}), WallTime{});
  if (!input) {
    return input.error().to_string();
  }
  const Plan plan = decide(*input);
  return plan.refused ? std::string(plan.refused->reason) : "";
}

TEST(Observe, EveryLinkOfAChainOfFallbacksIsJudgedByItsOwnNamespace) {
  EXPECT_EQ(reason("{tier: gold}"), "");
  EXPECT_EQ(reason("{tier: silver}"), "NotShared");
}

}  // namespace
}  // namespace penstock::controller::modeldeployment
