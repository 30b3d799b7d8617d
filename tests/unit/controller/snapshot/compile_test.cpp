#include "controller/snapshot/compile.h"

#include "manifest_resources.h"

namespace penstock::controller::snapshot {
namespace {

namespace doc = gateway::snapshot;

constexpr const char* kGateway = R"(
kind: InferenceGateway
metadata: {name: main}
spec:
  listeners: [{name: http, port: 8080}]
  limits: {maxStreams: 7, requestTimeout: 90s}
  telemetry: {accessLog: false}
  cors: {allowOrigins: ["https://app.example.com"]}
)";
constexpr const char* kChat = R"(
kind: ModelDeployment
metadata: {name: chat}
spec: {model: {name: acme/chat, aliases: [chat], contextLength: 4096}, engine: {type: VLLM}}
)";
constexpr const char* kRoute = R"(
kind: ModelRoute
metadata: {name: chat}
spec:
  gatewayRefs: [{name: main}]
  tiers: [{backends: [{deploymentRef: {name: chat}}]}]
)";
constexpr const char* kConsumer = R"(
kind: Consumer
metadata: {name: app, labels: {team: a}}
spec:
  credentials: [{name: one, apiKeySecretRef: {name: keys, key: one}}]
  billing: {project: p}
  priority: Interactive
---
kind: Secret
metadata: {name: keys}
stringData: {one: "psk-1\n"}
)";

class CompileTest : public testing::Test {
 protected:
  void add(const std::string& yaml) { add_manifests(resources_, yaml); }
  void add_all() {
    add(kGateway);
    add(kChat);
    add(kRoute);
    add(kConsumer);
    endpoints_["default/chat"] = {{.id = "default/chat-0", .host = "127.0.0.1", .port = 9001}};
  }
  [[nodiscard]] Compiled run() const { return compile(resources_, "default/main", endpoints_); }

  Resources resources_;
  Endpoints endpoints_;
};

TEST_F(CompileTest, TheQuickstartCompilesWithoutProblems) {
  add_all();
  const Compiled out = run();
  EXPECT_TRUE(out.problems.empty());
  const auto& document = out.document.value();
  EXPECT_EQ(document.gateway, "default/main");
  EXPECT_EQ(document.limits.max_streams, 7U);
  EXPECT_EQ(document.limits.request_timeout, std::chrono::seconds(90));
  EXPECT_EQ(document.limits.max_body_bytes, 32U << 20U);
  EXPECT_FALSE(document.telemetry.access_log);
  ASSERT_EQ(document.listeners.size(), 1U);
  EXPECT_EQ(document.listeners[0].port, 8080);
  ASSERT_EQ(document.deployments.size(), 1U);
  const auto& deployment = document.deployments[0];
  EXPECT_EQ(deployment.name, "default/chat");
  EXPECT_EQ(deployment.model, "acme/chat");
  EXPECT_EQ(deployment.upstream_model, "acme/chat");
  EXPECT_EQ(deployment.context_length, 4096);
  EXPECT_FALSE(deployment.managed);
  ASSERT_EQ(deployment.endpoints.size(), 1U);
  EXPECT_EQ(deployment.endpoints[0].port, 9001);
  ASSERT_EQ(document.routes.size(), 1U);
  EXPECT_EQ(document.routes[0].tiers[0].backends[0].deployment, 0U);
  ASSERT_EQ(document.consumers.size(), 1U);
  EXPECT_EQ(document.consumers[0].priority, 100);
  EXPECT_EQ(document.consumers[0].labels.at("team"), "a");
  EXPECT_EQ(document.consumers[0].billing.project, "p");
  EXPECT_FALSE(document.consumers[0].allowed_models.has_value());
  ASSERT_EQ(document.api_keys.size(), 1U);
  EXPECT_EQ(document.api_keys[0].sha256_hex, sha256_hex("psk-1"))
      << "the newline is no part of the key";
}

TEST_F(CompileTest, EqualContentHasEqualVersionWhateverTheOrder) {
  add_all();
  const std::string version = run().document->version;
  EXPECT_FALSE(version.empty());
  Resources reordered;
  for (const char* part : {kConsumer, kRoute, kChat, kGateway}) {
    add_manifests(reordered, part);
  }
  EXPECT_EQ(compile(reordered, "default/main", endpoints_).document->version, version);
  endpoints_["default/chat"][0].ready = false;
  EXPECT_NE(run().document->version, version);
}

TEST_F(CompileTest, AMissingGatewayIsAProblemAndNoDocument) {
  add(kRoute);
  const Compiled out = run();
  EXPECT_FALSE(out.document.has_value());
  ASSERT_EQ(out.problems.size(), 1U);
  EXPECT_EQ(out.problems[0].reason, kGatewayNotFound);
}

TEST_F(CompileTest, ARouteToAnotherGatewayIsNotHereAndAMissingOneIsReported) {
  add_all();
  add(R"(
kind: ModelRoute
metadata: {name: elsewhere}
spec: {gatewayRefs: [{name: gone}], tiers: [{backends: [{deploymentRef: {name: chat}}]}]}
)");
  const Compiled out = run();
  EXPECT_EQ(out.document->routes.size(), 1U);
  const auto* problem = find_problem(out.problems, kGatewayNotFound);
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(problem->object.name, "elsewhere");
  EXPECT_EQ(problem->field, "/spec/gatewayRefs/0");
}

TEST_F(CompileTest, OneBrokenObjectLeavesTheOthersWhole) {
  add_all();
  const auto before = run().document.value();
  add(R"(
kind: ModelRoute
metadata: {name: broken}
spec: {gatewayRefs: [{name: main}], tiers: [{backends: [{deploymentRef: {name: nowhere}}]}]}
---
kind: Consumer
metadata: {name: broken}
spec: {credentials: [{name: one, apiKeySecretRef: {name: nowhere, key: k}}]}
---
kind: ModelDeployment
metadata: {name: broken}
spec: {model: {name: m}, provider: {type: OpenAI, endpoint: "https://user@host"}}
)");
  const Compiled out = run();
  ASSERT_EQ(out.document->routes.size(), before.routes.size());
  EXPECT_EQ(out.document->api_keys.size(), before.api_keys.size());
  EXPECT_NE(find_problem(out.problems, kDeploymentNotFound), nullptr);
  EXPECT_NE(find_problem(out.problems, kNoBackends), nullptr);
  EXPECT_NE(find_problem(out.problems, kSecretNotFound), nullptr);
  EXPECT_NE(find_problem(out.problems, kInvalidEndpoint), nullptr);
}

TEST_F(CompileTest, OnlyDeploymentsInUseAreSent) {
  add_all();
  add(R"(
kind: ModelDeployment
metadata: {name: a-secret-one}
spec:
  model: {name: m}
  provider: {type: OpenAI, endpoint: "https://api.example.com", auth: {apiKeySecretRef: {name: keys, key: one}}}
)");
  EXPECT_EQ(run().document->deployments.size(), 1U);
}

TEST_F(CompileTest, TlsListenersReadTheirSecretOrAreLeftOut) {
  add(R"(
kind: InferenceGateway
metadata: {name: main}
spec:
  listeners:
    - {name: a, port: 8443, protocol: HTTPS, tlsSecretRef: {name: cert}, minTLSVersion: TLS13}
    - {name: b, port: 9443, protocol: HTTPS, tlsSecretRef: {name: gone}}
---
kind: Secret
metadata: {name: cert}
stringData: {tls.crt: CERT, tls.key: KEY}
)");
  const Compiled out = run();
  ASSERT_EQ(out.document->listeners.size(), 1U);
  EXPECT_EQ(out.document->listeners[0].certificate_pem, "CERT");
  EXPECT_EQ(out.document->listeners[0].private_key_pem.reveal(), "KEY");
  EXPECT_EQ(out.document->listeners[0].min_tls_version, "1.3");
  const auto* problem = find_problem(out.problems, kSecretNotFound);
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(problem->field, "/spec/listeners/1/tlsSecretRef");
}

TEST_F(CompileTest, AFrontDoorWithoutItsSecretLetsNobodyIn) {
  add(R"(
kind: InferenceGateway
metadata: {name: main}
spec:
  listeners: [{name: http, port: 8080}]
  edge: {requiredHeader: X-Azure-FDID, valueSecretRef: {name: door, key: id}}
)");
  const Compiled closed = run();
  EXPECT_EQ(closed.document->edge.required_header, "x-azure-fdid");
  EXPECT_FALSE(closed.document->edge.value.empty());
  EXPECT_NE(find_problem(closed.problems, kSecretNotFound), nullptr);
  add("kind: Secret\nmetadata: {name: door}\nstringData: {id: front}\n");
  const Compiled open = run();
  EXPECT_TRUE(open.problems.empty());
  EXPECT_EQ(open.document->edge.value.reveal(), "front");
}

TEST_F(CompileTest, ADeploymentWithoutEndpointsStaysSoThatCallsCanWaitForIt) {
  add_all();
  endpoints_.clear();
  const Compiled out = run();
  EXPECT_TRUE(out.problems.empty());
  ASSERT_EQ(out.document->deployments.size(), 1U);
  const auto& deployment = out.document->deployments[0];
  EXPECT_TRUE(deployment.endpoints.empty());
  ASSERT_TRUE(deployment.cold_start) << "the API's default";
  EXPECT_EQ(deployment.cold_start->max_wait, std::chrono::seconds(120));
  EXPECT_TRUE(deployment.cold_start->spill_while_waiting);
  EXPECT_EQ(out.document->routes.size(), 1U);
}

TEST_F(CompileTest, TheColdStartRuleIsTheDeployments) {
  add(kGateway);
  add(R"(
kind: ModelDeployment
metadata: {name: chat}
spec:
  model: {name: acme/chat}
  engine: {type: VLLM}
  scaling: {minReplicas: 0, coldStart: {maxWait: 1500ms, spillWhileWaiting: false}}
---
kind: ModelDeployment
metadata: {name: bought}
spec:
  model: {name: acme/chat}
  provider: {type: OpenAICompatible, endpoint: "https://models.example.com/v1"}
---
kind: ModelRoute
metadata: {name: chat}
spec:
  gatewayRefs: [{name: main}]
  tiers: [{backends: [{deploymentRef: {name: chat}}]}, {backends: [{deploymentRef: {name: bought}}]}]
)");
  const Compiled out = run();
  ASSERT_EQ(out.document->deployments.size(), 2U);
  EXPECT_FALSE(out.document->deployments[0].cold_start) << "a provider does not start";
  const auto& cold_start = out.document->deployments[1].cold_start;
  ASSERT_TRUE(cold_start);
  EXPECT_EQ(cold_start->max_wait, std::chrono::milliseconds(1500));
  EXPECT_FALSE(cold_start->spill_while_waiting);
}

}  // namespace
}  // namespace penstock::controller::snapshot
