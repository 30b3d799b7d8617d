#include "controller/snapshot/upstream.h"

#include "controller/snapshot/deployments.h"
#include "manifest_resources.h"

namespace penstock::controller::snapshot {
namespace {

namespace doc = gateway::snapshot;

struct Outcome {
  std::optional<doc::Deployment> upstream;
  Problems problems;
};

Outcome run(const std::string& spec, const std::string& key = "sk-1") {
  Resources resources;
  add_manifests(resources, "kind: ModelDeployment\nmetadata: {name: d}\nspec:\n" + spec +
                               "---\nkind: Secret\nmetadata: {name: s}\nstringData: {k: \"" + key +
                               "\"}\n");
  Outcome out;
  out.upstream = provider_upstream(resources.deployments[0], resources.secrets, out.problems);
  return out;
}

constexpr const char* kAuth = "auth: {apiKeySecretRef: {name: s, key: k}}";

TEST(Upstream, AzureOpenAI) {
  const Outcome out =
      run(std::string(
              "  model: {name: gpt-4o}\n  provider: {type: AzureOpenAI, endpoint: "
              "\"https://contoso.openai.azure.com/\", deployment: ptu, apiVersion: \"2024-10-21\", "
              "region: swedencentral, residency: EU, ") +
          kAuth + "}\n");
  ASSERT_TRUE(out.upstream.has_value());
  const auto& up = *out.upstream;
  EXPECT_TRUE(up.managed);
  EXPECT_EQ(up.dialect, doc::Dialect::kAzureOpenAI);
  EXPECT_EQ(up.azure_deployment, "ptu");
  EXPECT_EQ(up.azure_api_version, "2024-10-21");
  EXPECT_EQ(up.auth_header, "api-key");
  EXPECT_EQ(up.auth_value.reveal(), "sk-1");
  EXPECT_EQ(up.residency, "EU");
  EXPECT_EQ(up.region, "swedencentral");
  ASSERT_EQ(up.endpoints.size(), 1U);
  EXPECT_EQ(up.endpoints[0].host, "contoso.openai.azure.com");
  EXPECT_EQ(up.endpoints[0].port, 443);
  EXPECT_TRUE(up.endpoints[0].tls);
  EXPECT_TRUE(up.endpoints[0].ready);
}

TEST(Upstream, OpenAIAndCompatible) {
  const Outcome openai =
      run(std::string("  model: {name: gpt-4o}\n  provider: {type: OpenAI, endpoint: "
                      "\"https://api.openai.com\", upstreamModel: gpt-4o-2024-08-06, ") +
              kAuth + "}\n",
          "sk-2\\n");
  EXPECT_EQ(openai.upstream->auth_header, "authorization");
  EXPECT_EQ(openai.upstream->auth_value.reveal(), "Bearer sk-2");
  EXPECT_EQ(openai.upstream->path_prefix, "/v1");
  EXPECT_EQ(openai.upstream->upstream_model, "gpt-4o-2024-08-06");
  const Outcome local =
      run("  model: {name: m}\n  provider: {type: OpenAICompatible, endpoint: "
          "\"http://host:9000/api/v2/\"}\n");
  EXPECT_EQ(local.upstream->path_prefix, "/api/v2");
  EXPECT_EQ(local.upstream->endpoints[0].port, 9000);
  EXPECT_FALSE(local.upstream->endpoints[0].tls);
  EXPECT_TRUE(local.upstream->auth_header.empty());
  EXPECT_EQ(local.upstream->upstream_model, "m");
}

TEST(Upstream, WhatCannotBeCalledIsReportedAndAbsent) {
  struct Row {
    const char* provider;
    const char* key;
    std::string_view reason;
  };
  const Row rows[] = {
      {"type: OpenAI, endpoint: \"https://h\", auth: {apiKeySecretRef: {name: gone, key: k}}", "x",
       kSecretNotFound},
      {"type: OpenAI, endpoint: \"https://h\", auth: {apiKeySecretRef: {name: s, key: k}}", "",
       kEmptyKey},
      {"type: OpenAI, endpoint: \"https://h\", auth: {apiKeySecretRef: {name: s, key: k}}",
       "a\\nX-Evil: 1", kEmptyKey},
      {"type: OpenAI, endpoint: \"ftp://h\"", "x", kInvalidEndpoint},
      {"type: Anthropic, endpoint: \"https://h\"", "x", kNotSupported},
      {"type: OpenAI, endpoint: \"https://h\", auth: {workloadIdentity: {clientID: a, tenantID: "
       "b}}",
       "x", kNotSupported},
  };
  for (const auto& row : rows) {
    const Outcome out =
        run(std::string("  model: {name: m}\n  provider: {") + row.provider + "}\n", row.key);
    EXPECT_FALSE(out.upstream.has_value()) << row.provider;
    ASSERT_EQ(out.problems.size(), 1U) << row.provider;
    EXPECT_EQ(out.problems[0].reason, row.reason) << row.provider;
  }
}

class Fallbacks : public testing::Test {
 protected:
  static std::string client(const std::string& name, const std::string& fallback) {
    return "---\nkind: ModelDeployment\nmetadata: {name: " + name +
           "}\nspec: {model: {name: m}, client: {onnxURI: \"https://h/m.onnx\", sha256: " +
           std::string(64, 'a') + ", fallbackRef: {name: " + fallback + "}}}\n";
  }
  Problems problems_;
};

TEST_F(Fallbacks, AModelForTheCallersDeviceLeadsToItsServer) {
  Resources resources;
  add_manifests(resources, client("a", "b") + client("b", "server") +
                               "---\nkind: ModelDeployment\nmetadata: {name: server}\nspec: "
                               "{model: {name: m}, engine: {}}\n");
  const Endpoints none;
  const DeploymentTable table(resources, none, problems_);
  EXPECT_TRUE(problems_.empty());
  EXPECT_EQ(table.find("default", "a")->compiled->name, "default/server");
}

/// A chain that breaks is a problem of every deployment that leads into it.
TEST_F(Fallbacks, ABrokenChainIsToldWithEachThatLeadsIntoIt) {
  Resources resources;
  add_manifests(resources, client("a", "b") + client("b", "c") + client("c", "b") +
                               client("d", "e") + client("e", "nowhere"));
  const DeploymentTable table(resources, {}, problems_);
  std::vector<std::string> told;
  for (const auto& problem : problems_) {
    told.push_back(problem.object.name + " " + problem.reason);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"a FallbackLoop", "b FallbackLoop", "c FallbackLoop",
                                            "d DeploymentNotFound", "e DeploymentNotFound"}));
}

TEST_F(Fallbacks, ALoopAndAMissingOneAreReported) {
  Resources resources;
  add_manifests(resources, client("a", "b") + client("b", "a") + client("c", "nowhere"));
  const Endpoints none;
  const DeploymentTable table(resources, none, problems_);
  EXPECT_NE(find_problem(problems_, kFallbackLoop), nullptr);
  EXPECT_NE(find_problem(problems_, kDeploymentNotFound), nullptr);
  EXPECT_FALSE(table.find("default", "a")->compiled.has_value());
}

}  // namespace
}  // namespace penstock::controller::snapshot
