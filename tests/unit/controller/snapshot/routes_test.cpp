#include "controller/snapshot/routes.h"

#include "manifest_resources.h"

namespace penstock::controller::snapshot {
namespace {

namespace doc = gateway::snapshot;

constexpr const char* kGateway = R"(
kind: InferenceGateway
metadata: {name: main, namespace: team}
spec: {listeners: [{name: http, port: 8080}]}
---
)";

std::string provider(const std::string& name, const std::string& extra = "",
                     const std::string& spec = "", const std::string& name_space = "team",
                     const std::string& version = "") {
  return "---\nkind: ModelDeployment\nmetadata: {name: " + name + ", namespace: " + name_space +
         "}\nspec:\n  model: {name: gpt" +
         (version.empty() ? "" : ", version: \"" + version + "\"") +
         "}\n  provider: {type: OpenAI, endpoint: \"https://" + name + ".example.com\"" + extra +
         "}\n" + spec;
}

std::string route(const std::string& rest, const std::string& name = "r") {
  return "---\nkind: ModelRoute\nmetadata: {name: " + name +
         ", namespace: team}\nspec:\n  gatewayRefs: [{name: main}]\n" + rest;
}

Compiled run(const std::string& yaml, Labels team_labels = {}) {
  Resources resources;
  resources.namespaces["team"] = std::move(team_labels);
  add_manifests(resources, kGateway + yaml);
  return compile(resources, "team/main", {});
}

/// Deployment names, tier by tier: "a b | c".
std::string shape(const Compiled& compiled, std::size_t index = 0) {
  std::string out;
  if (compiled.document->routes.size() <= index) {
    return "none";
  }
  for (const auto& tier : compiled.document->routes[index].tiers) {
    out += out.empty() ? "" : " |";
    for (const auto& backend : tier.backends) {
      const std::string& name = compiled.document->deployments[backend.deployment].name;
      out += (out.empty() ? "" : " ") + name.substr(name.find('/') + 1);
    }
  }
  return out;
}

constexpr const char* kTwoTiers = R"(  tiers:
    - backends: [{deploymentRef: {name: z}, weight: 3}, {deploymentRef: {name: a}}]
      spill: {when: [Throttled, Timeout], keepFull: false}
    - backends: [{deploymentRef: {name: m}, weight: 0}]
)";

TEST(Routes, TiersWeightsAndSpillAreKept) {
  const Compiled out = run(provider("z") + provider("a") + provider("m") + route(kTwoTiers));
  EXPECT_TRUE(out.problems.empty());
  EXPECT_EQ(shape(out), "z a | m");
  const auto& tiers = out.document->routes[0].tiers;
  EXPECT_EQ(tiers[0].backends[0].weight, 3U);
  EXPECT_EQ(tiers[0].backends[1].weight, 1U);
  EXPECT_EQ(tiers[1].backends[0].weight, 0U);
  EXPECT_TRUE(tiers[0].spill.throttled);
  EXPECT_FALSE(tiers[0].spill.overloaded);
  EXPECT_FALSE(tiers[0].spill.error);
  EXPECT_TRUE(tiers[0].spill.timeout);
  EXPECT_FALSE(tiers[0].spill.keep_full);
  EXPECT_TRUE(tiers[1].spill.error) << "absent means all";
  EXPECT_EQ(out.document->deployments[0].name, "team/a") << "deployments are in the order of names";
}

TEST(Routes, ResidencyNeverLetsABackendOutsideIn) {
  const Compiled out =
      run(provider("z", ", residency: EU") + provider("a", ", residency: US") + provider("m") +
          route(std::string(kTwoTiers) + "  residency: {allow: [EU]}\n"));
  EXPECT_EQ(shape(out), "z");
  EXPECT_EQ(out.document->deployments.size(), 1U) << "the others are not even known to the gateway";
  EXPECT_EQ(std::ranges::count(out.problems, kResidencyExcluded, &Problem::reason), 2);
}

TEST(Routes, EnginesHaveTheResidencyOfTheCluster) {
  const std::string yaml =
      "kind: ModelDeployment\nmetadata: {name: e, namespace: team}\nspec: {model: {name: m}, "
      "engine: {type: VLLM}}\n" +
      route("  tiers: [{backends: [{deploymentRef: {name: e}}]}]\n  residency: {allow: [EU]}\n");
  Resources resources;
  add_manifests(resources, kGateway + yaml);
  EXPECT_TRUE(compile(resources, "team/main", {}).document->routes.empty());
  resources.cluster_residency = "EU";
  EXPECT_EQ(compile(resources, "team/main", {}).document->routes.size(), 1U);
}

TEST(Routes, AForeignDeploymentNeedsConsent) {
  struct Row {
    const char* shared_with;
    bool allowed;
  };
  const Row rows[] = {
      {"", false},
      {"  sharedWith: [{namespace: other}]\n", false},
      {"  sharedWith: [{namespace: team}]\n", true},
      {"  sharedWith: [{namespace: \"*\"}]\n", true},
      {"  sharedWith: [{namespaceSelector: {matchLabels: {tier: gold}}}]\n", true},
      {"  sharedWith: [{namespaceSelector: {matchLabels: {tier: gold, env: prod}}}]\n", false},
  };
  for (const auto& row : rows) {
    const Compiled out =
        run(provider("p", "", row.shared_with, "owner") +
                route("  tiers: [{backends: [{deploymentRef: {name: p, namespace: owner}}]}]\n"),
            {{"tier", "gold"}});
    EXPECT_EQ(shape(out), row.allowed ? "p" : "none") << row.shared_with;
    EXPECT_EQ(find_problem(out.problems, kNotShared) == nullptr, row.allowed) << row.shared_with;
  }
}

std::string device(const std::string& name_space, const std::string& fallback,
                   const std::string& spec = "") {
  return "---\nkind: ModelDeployment\nmetadata: {name: device, namespace: " + name_space +
         "}\nspec:\n  model: {name: gpt}\n  client: {onnxURI: \"https://h/m.onnx\", sha256: " +
         std::string(64, 'a') + ", fallbackRef: " + fallback + "}\n" + spec;
}

/// Each link of a chain is its owner's to give: the route's namespace needs the consent of what it
/// names, not of what that one falls back to.
TEST(Routes, ADeviceModelsConsentIsItsOwn) {
  const std::string far = provider("p", "", "  sharedWith: [{namespace: middle}]\n", "owner");
  const std::string middle = device("middle", "{name: p, namespace: owner}",
                                    "  sharedWith: [{namespaceSelector: {matchLabels: {tier: "
                                    "gold}}}]\n");
  const std::string own = device("team", "{name: device, namespace: middle}");
  const std::string near = route("  tiers: [{backends: [{deploymentRef: {name: device}}]}]\n");
  EXPECT_EQ(shape(run(far + middle + own + near, {{"tier", "gold"}})), "p");
  EXPECT_EQ(shape(run(far + middle + own + near)), "none") << "the middle one shares by label";
  // And what shares its fallback with everybody is not shared itself.
  const Compiled hidden =
      run(provider("p", "", "  sharedWith: [{namespace: \"*\"}]\n", "owner") +
          device("middle", "{name: p, namespace: owner}") +
          route("  tiers: [{backends: [{deploymentRef: {name: device, namespace: middle}}]}]\n"));
  EXPECT_EQ(shape(hidden), "none");
  EXPECT_NE(find_problem(hidden.problems, kNotShared), nullptr);
}

TEST(Routes, AStrangerCannotTellAHiddenDeploymentFromNone) {
  const std::string r =
      route("  tiers: [{backends: [{deploymentRef: {name: p, namespace: owner}}]}]\n");
  EXPECT_EQ(run(provider("p", "", "", "owner") + r).problems, run(r).problems);
}

TEST(Routes, VersionsAreNotMixedUnlessTold) {
  const std::string both = provider("z", "", "", "team", "1") + provider("a", "", "", "team", "2") +
                           provider("m", "", "", "team", "1");
  const Compiled same = run(both + route(kTwoTiers));
  EXPECT_EQ(shape(same), "z | m");
  EXPECT_NE(find_problem(same.problems, kVersionsMixed), nullptr);
  EXPECT_EQ(shape(run(both + route(std::string(kTwoTiers) + "  versions: Mixed\n"))), "z a | m");
}

TEST(Routes, AnEmptyTierDisappears) {
  const Compiled out = run(provider("m") + route(kTwoTiers));
  EXPECT_EQ(shape(out), "m");
  EXPECT_EQ(std::ranges::count(out.problems, kDeploymentNotFound, &Problem::reason), 2);
}

TEST(Routes, WhatCannotBeDoneSafelyIsNotServed) {
  for (const char* field : {"  safety: {prompt: [{name: x, type: Blocklist, terms: [a]}]}\n",
                            "  privacy: {redact: [Email]}\n"}) {
    const Compiled out =
        run(provider("p") +
            route("  tiers: [{backends: [{deploymentRef: {name: p}}]}]\n" + std::string(field)));
    EXPECT_EQ(shape(out), "none") << field;
    EXPECT_NE(find_problem(out.problems, kNotSupported), nullptr) << field;
  }
}

TEST(Routes, WhatIsOnlyMissingIsReported) {
  const Compiled out =
      run(provider("p") +
          route("  tiers: [{backends: [{deploymentRef: {name: p}}]}]\n"
                "  mirror: [{deploymentRef: {name: p}, percent: 1}]\n"
                "  resilience: {queue: {maxDepth: 5}, attempts: 2, perTryTimeout: 1500ms, "
                "breaker: {openFor: 3s}}\n"));
  EXPECT_EQ(shape(out), "p");
  EXPECT_NE(find_problem(out.problems, kNotApplied), nullptr);
  const auto& resilience = out.document->routes[0].resilience;
  EXPECT_EQ(resilience.attempts, 2U);
  EXPECT_EQ(resilience.per_try_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(resilience.time_to_first_token_timeout.count(), 0);
  EXPECT_EQ(resilience.breaker_open_for, std::chrono::seconds(3));
  ASSERT_TRUE(resilience.queue);
  EXPECT_EQ(resilience.queue->max_wait, std::chrono::seconds(10));
  EXPECT_EQ(resilience.queue->max_depth, 5U);
}

TEST(Routes, AQueueIsNotReportedAndAbsentWithoutOne) {
  const std::string tiers = "  tiers: [{backends: [{deploymentRef: {name: p}}]}]\n";
  const Compiled with =
      run(provider("p") + route(tiers + "  resilience: {queue: {maxWait: 1500ms, maxDepth: 5}}\n"));
  EXPECT_EQ(find_problem(with.problems, kNotApplied), nullptr);
  const Compiled without = run(provider("p") + route(tiers));
  EXPECT_FALSE(without.document->routes[0].resilience.queue);
}

TEST(Routes, MatchConditionsAreKept) {
  const Compiled out = run(provider("p") + route(R"(  match:
    models: ["gpt-4o*"]
    paths: [/v1/chat]
    headers: [{name: X-Team, value: Blue}]
    consumers: {selector: {matchLabels: {env: prod}}}
  tiers: [{backends: [{deploymentRef: {name: p}}]}]
)"));
  const auto& r = out.document->routes.at(0);
  EXPECT_EQ(r.models, std::vector<std::string>{"gpt-4o*"});
  EXPECT_EQ(r.paths, std::vector<std::string>{"/v1/chat"});
  EXPECT_EQ(r.headers.at(0).name, "x-team");
  EXPECT_EQ(r.headers.at(0).value, "Blue");
  EXPECT_EQ(r.consumer_labels->at("env"), "prod");
}

}  // namespace
}  // namespace penstock::controller::snapshot
