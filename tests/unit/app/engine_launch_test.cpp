#include "app/standalone/engine_launch.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "json/yaml.h"

namespace penstock::app::standalone {
namespace {

using Words = std::vector<std::string>;

struct Installed {
  std::vector<std::string> names;
};

std::expected<EngineSpec, LaunchProblem> launch(const std::string& spec,
                                                const Installed& installed = {}) {
  const auto stream = json::parse_yaml(
      "apiVersion: penstock.dev/v1alpha1\nkind: ModelDeployment\nmetadata: {name: d, namespace: "
      "default}\nspec:\n"
      "  model: {name: acme/chat, contextLength: 4096}\n" +
          spec +
          "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\nstringData: "
          "{k: hidden}\n",
      "test.yaml");
  EXPECT_TRUE(stream.check().has_value());
  controller::snapshot::SecretStore secrets;
  EXPECT_TRUE(secrets.add(*stream.documents.at(1).value).has_value());
  const LocalPrograms programs{
      "/opt/penstock", [&](const std::string& name) -> std::optional<std::string> {
        const bool found = std::ranges::find(installed.names, name) != installed.names.end();
        return found ? std::optional("/usr/bin/" + name) : std::nullopt;
      }};
  return launch_of(crd::parse_model_deployment(*stream.documents.at(0).value).value(), secrets,
                   programs);
}

TEST(EngineLaunch, ThePenstockImageIsThisBinary) {
  for (const char* image :
       {"penstock", "penstock:dev", "reg.example.com:5000/team/penstock:v1@sha256:abc"}) {
    const auto spec = launch("  engine: {image: \"" + std::string(image) +
                             "\", args: [engine, --model, acme/chat]}\n");
    ASSERT_TRUE(spec.has_value()) << image;
    EXPECT_EQ(spec->argv, (Words{"/opt/penstock", "engine", "--model", "acme/chat", "--host",
                                 "127.0.0.1", "--port", "$(PORT)"}));
    EXPECT_EQ(spec->replacement, Replacement::kSurge);
    EXPECT_EQ(spec->health_path, "/health");
  }
}

TEST(EngineLaunch, FlagsThatTheManifestGivesAreNotGivenTwice) {
  const auto spec =
      launch("  engine: {image: penstock, args: [engine, --port=$(PORT), --host, 0.0.0.0]}\n");
  EXPECT_EQ(spec->argv, (Words{"/opt/penstock", "engine", "--port=$(PORT)", "--host", "0.0.0.0"}));
}

TEST(EngineLaunch, ACommandIsRunAsItIs) {
  const auto spec =
      launch("  engine: {type: Custom, command: [python3, serve.py], args: [\"$(PORT)\"]}\n");
  EXPECT_EQ(spec->argv, (Words{"python3", "serve.py", "$(PORT)"}));
  EXPECT_EQ(spec->replacement, Replacement::kRecreate);
}

TEST(EngineLaunch, LlamaServer) {
  const Installed installed{{"llama-server"}};
  const auto hub = launch(
      "  engine: {type: LlamaCpp, source: {huggingFace: {repo: a/b, file: q4.gguf}}}\n", installed);
  ASSERT_TRUE(hub.has_value());
  EXPECT_EQ(hub->argv, (Words{"/usr/bin/llama-server", "--host", "127.0.0.1", "--port", "$(PORT)",
                              "--alias", "acme/chat", "--metrics", "--ctx-size", "4096",
                              "--hf-repo", "a/b", "--hf-file", "q4.gguf"}));
  const auto file = launch("  engine: {type: LlamaCpp, args: [-m, /models/a.gguf]}\n", installed);
  EXPECT_EQ(file->argv.back(), "/models/a.gguf");
  const auto nothing = launch("  engine: {type: LlamaCpp}\n", installed);
  ASSERT_FALSE(nothing.has_value());
  EXPECT_NE(nothing.error().message.find("--model"), std::string::npos);
}

TEST(EngineLaunch, Vllm) {
  const auto spec = launch(
      "  engine: {type: VLLM, source: {huggingFace: {repo: a/b, revision: main, tokenSecretRef: "
      "{name: s, "
      "key: k}}}, parallelism: {tensor: 2}, args: [--enforce-eager]}\n",
      {{"vllm"}});
  ASSERT_TRUE(spec.has_value());
  EXPECT_EQ(spec->argv,
            (Words{"/usr/bin/vllm", "serve", "a/b", "--host", "127.0.0.1", "--port", "$(PORT)",
                   "--served-model-name", "acme/chat", "--revision", "main", "--max-model-len",
                   "4096", "--tensor-parallel-size", "2", "--enforce-eager"}));
  EXPECT_EQ(spec->env, (supervise::Environment{{"HF_TOKEN", "hidden"}}));
}

TEST(EngineLaunch, WhatCannotRunHereSaysWhatIsMissing) {
  struct Row {
    const char* engine;
    const char* field;
    const char* says;
  };
  const Row rows[] = {
      {"{type: VLLM}", "/spec/engine/type", "vllm"},
      {"{type: LlamaCpp, args: [-m, x]}", "/spec/engine/type", "llama-server"},
      {"{type: TGI, image: tgi}", "/spec/engine/type", "needs a cluster"},
      {"{type: Custom, image: reg/penstock-fork, args: [engine]}", "/spec/engine/type",
       "engine.command"},
      {"{type: Custom, command: [x], env: [{name: A}, {name: B, secretKeyRef: {name: s, key: "
       "gone}}]}",
       "/spec/engine/env/1/secretKeyRef", "gone"},
  };
  for (const auto& row : rows) {
    const auto spec = launch(std::string("  engine: ") + row.engine + "\n");
    ASSERT_FALSE(spec.has_value()) << row.engine;
    EXPECT_EQ(spec.error().field, row.field) << row.engine;
    EXPECT_NE(spec.error().message.find(row.says), std::string::npos) << spec.error().message;
  }
}

TEST(EngineLaunch, Replicas) {
  const std::pair<const char*, std::uint32_t> rows[] = {
      {"", 1},
      {"  replicas: 3\n", 3},
      {"  replicas: 0\n", 0},
      {"  scaling: {minReplicas: 2, maxReplicas: 4}\n", 2},
      {"  scaling: {minReplicas: 0, maxReplicas: 4}\n", 1},
  };
  for (const auto& [extra, expected] : rows) {
    EXPECT_EQ(launch("  engine: {type: Custom, command: [x]}\n" + std::string(extra))->replicas,
              expected)
        << extra;
  }
}

TEST(EngineLaunch, AChangeThatNeedsANewProcessChangesTheFingerprint) {
  const auto of = [](const std::string& rest) {
    return fingerprint(launch("  engine: {type: Custom, " + rest + "}\n").value());
  };
  const std::string plain = of("command: [a, b]");
  EXPECT_EQ(of("command: [a], args: [b]"), plain);
  EXPECT_NE(of("command: [ab]"), plain);
  EXPECT_NE(of("command: [a, b], env: [{name: X, value: \"1\"}]"), plain);
  EXPECT_NE(of("command: [a, b], healthPath: /ok"), plain);
}

}  // namespace
}  // namespace penstock::app::standalone
