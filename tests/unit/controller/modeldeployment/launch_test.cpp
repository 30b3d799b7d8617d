#include "controller/modeldeployment/launch.h"

#include <gtest/gtest.h>

#include "model_input.h"

namespace penstock::controller::modeldeployment {
namespace {

struct Row {
  const char* name;
  const char* engine;  ///< YAML
  const char* words;   ///< command | args, joined by blanks
  const char* problem = "";
};

std::string joined(const Launch& launch) {
  std::string out;
  for (const auto& word : launch.command) {
    out += word + " ";
  }
  out += "|";
  for (const auto& word : launch.args) {
    out += " " + word;
  }
  return out;
}

class LaunchOf : public testing::TestWithParam<Row> {};

TEST_P(LaunchOf, DerivesCommandAndArguments) {
  const Row& row = GetParam();
  const auto input =
      input_of("{model: {name: org/m, aliases: [m]}, engine: " + std::string(row.engine) + "}");
  const auto launch = launch_of(input.object, {});
  EXPECT_EQ(launch.problem ? launch.problem->reason : "", row.problem);
  if (!launch.problem) {
    EXPECT_EQ(joined(launch), row.words);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Engines, LaunchOf,
    testing::Values(
        Row{"Vllm", "{type: VLLM}",
            "| --model org/m --served-model-name org/m m --host 0.0.0.0 --port $(PORT)"},
        Row{"VllmFromTheHub",
            "{source: {huggingFace: {repo: a/b, revision: r}}, args: [--port, '9', --seed, '1']}",
            "| --model a/b --revision r --served-model-name org/m m --host 0.0.0.0 --port 9 --seed "
            "1"},
        Row{"VllmFromAVolume", "{source: {pvc: {claimName: c, path: x}}}",
            "| --model /models/source/x --served-model-name org/m m --host 0.0.0.0 --port $(PORT)"},
        Row{"Sglang", "{type: SGLang}",
            "python3 -m sglang.launch_server | --model-path org/m --served-model-name org/m --host "
            "0.0.0.0 --port $(PORT) --enable-metrics"},
        Row{"LlamaCpp", "{type: LlamaCpp, source: {huggingFace: {repo: a/b, file: f.gguf}}}",
            "| --hf-repo a/b --hf-file f.gguf --alias org/m --host 0.0.0.0 --port $(PORT) "
            "--metrics"},
        Row{"OwnCommand", "{type: Custom, image: i, command: [run], args: [x]}", "run | x"},
        Row{"Simulator", "{image: 'reg:5/penstock:dev', args: [engine, --model, m]}",
            "| engine --model m --port=$(PORT)"},
        Row{"SimulatorWithItsPort", "{image: penstock, args: [engine, --port, $(PORT)]}",
            "| engine --port $(PORT)"},
        Row{"NoDefaultImage", "{type: OpenInference}", "", "ImageMissing"},
        Row{"CommandNeedsAnImageToo", "{type: Custom, command: [run]}", "", "ImageMissing"},
        Row{"SourceOfAnotherKind", "{type: SGLang, source: {http: {url: 'https://x/y'}}}", "",
            "SourceNotSupported"},
        Row{"UncheckedDigest",
            "{type: LlamaCpp, source: {http: {url: 'https://x/y', sha256: "
            "'0000000000000000000000000000000000000000000000000000000000000000'}}}",
            "", "SourceNotSupported"},
        Row{"UncheckedDigestOfACustomEngine",
            "{type: Custom, image: i, args: [run], source: {http: {url: 'https://x/y', sha256: "
            "'0000000000000000000000000000000000000000000000000000000000000000'}}}",
            "", "SourceNotSupported"},
        Row{"AdapterFromAVolume", "{loraAdapters: [{name: a, source: {pvc: {claimName: c}}}]}", "",
            "SourceNotSupported"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(LaunchOfPlan, PassesTheParallelismOn) {
  Fit fit;
  fit.tensor_parallel = 4;
  fit.pipeline_parallel = 2;
  const auto words = joined(launch_of(input_of("{model: {name: m}, engine: {}}").object, fit));
  EXPECT_NE(words.find("--tensor-parallel-size 4 --pipeline-parallel-size 2"), std::string::npos);
}

struct PlannedRow {
  const char* name;
  const char* engine;
  const char* words;  ///< that must be among them
  const char* absent = nullptr;
};

class LaunchPlanned : public testing::TestWithParam<PlannedRow> {};

/// A model of which two calls of the whole context fit.
TEST_P(LaunchPlanned, PassesTheNumbersOn) {
  const PlannedRow& row = GetParam();
  Fit fit;
  fit.tensor_parallel = 2;
  fit.calls_at_context = 2;
  fit.max_sequences = 77;
  const auto input = input_of(
      "{model: {name: m, contextLength: 8192, architecture: {parametersMillions: 1, kvCacheBits: "
      "8}}, engine: " +
      std::string(row.engine) + "}");
  const auto words = joined(launch_of(input.object, fit)) + " ";
  EXPECT_NE(words.find(row.words), std::string::npos) << words;
  if (row.absent != nullptr) {
    EXPECT_EQ(words.find(row.absent), std::string::npos) << words;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Engines, LaunchPlanned,
    testing::Values(
        PlannedRow{"Vllm", "{type: VLLM}",
                   " --tensor-parallel-size 2 --max-model-len 8192 --max-num-seqs 77 "
                   "--kv-cache-dtype fp8 "},
        PlannedRow{"VllmWithOwnNumbers",
                   "{type: VLLM, args: [--max-num-seqs=9, --max-model-len, '4096']}",
                   " --max-num-seqs=9 --max-model-len 4096 ", "--max-num-seqs 77"},
        PlannedRow{"Sglang", "{type: SGLang}",
                   " --tp-size 2 --context-length 8192 --max-running-requests 77 --kv-cache-dtype "
                   "fp8_e5m2 "},
        PlannedRow{"LlamaCpp", "{type: LlamaCpp}", " --ctx-size 16384 --parallel 2 "},
        PlannedRow{"LlamaCppWithOwnSlots", "{type: LlamaCpp, args: [-np, '3']}",
                   " --ctx-size 8192 -np 3 ", "--parallel"},
        PlannedRow{"Simulator", "{image: penstock, args: [engine]}", "| engine --port=$(PORT) ",
                   "--max-num-seqs"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace penstock::controller::modeldeployment
