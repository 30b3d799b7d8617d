// `penstock plan` without its command line: presets, choice, table, errors.
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/plan/assess.h"
#include "app/plan/presets.h"
#include "app/plan/table.h"
#include "crd/validate.h"
#include "json/parse.h"

namespace penstock::app::plan {
namespace {

std::string file_text(const std::string& path) {
  const std::ifstream file(PENSTOCK_SOURCE_DIR "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

constexpr std::string_view kModel = R"(apiVersion: penstock.dev/v1alpha1
kind: ModelDeployment
metadata: {name: llama}
spec:
  model:
    name: llama-70b
    contextLength: 32768
    architecture: {parametersMillions: 70554, layers: 80, hiddenSize: 8192, attentionHeads: 64, kvHeads: 8, headDim: 128}
  engine:
    type: VLLM
)";

Question question_of(std::string_view yaml) {
  Question out;
  out.files = {json::parse_yaml(yaml, "t.yaml")};
  return out;
}

Assessment asked(const Question& question) {
  return assess(question, presets().value());
}

Assessment asked(std::string_view yaml) {
  return asked(question_of(yaml));
}

std::string named(std::string_view profile, std::string_view more = "") {
  return std::string(kModel) + "    accelerator: {profile: " + std::string(profile) +
         std::string(more) + "}\n";
}

const Row& row_of(const ModelPlan& model, std::string_view profile) {
  for (const Row& row : model.rows) {
    if (row.hardware.name == profile) {
      return row;
    }
  }
  throw std::out_of_range(std::string(profile));
}

TEST(Presets, AreTheChartsFile) {
  EXPECT_EQ(preset_text(), file_text("charts/penstock/files/acceleratorprofiles.yaml"));
}

TEST(Presets, AreWhatTheApiServerTakes) {
  const auto stream = json::parse_yaml(preset_text(), "presets");
  ASSERT_TRUE(stream.check());
  for (const auto& document : stream.documents) {
    EXPECT_TRUE(crd::validate(*document.value).empty()) << document.line;
  }
}

TEST(Presets, HaveEveryKindThatIsPromised) {
  std::set<std::string> names;
  for (const auto& profile : presets().value()) {
    EXPECT_TRUE(names.insert(profile.metadata.name).second) << profile.metadata.name;
    EXPECT_TRUE(profile.spec.hourly_price_micro_usd) << profile.metadata.name;
    const bool cpu = profile.metadata.name == "cpu";
    EXPECT_EQ(profile.spec.node_selector.empty(), cpu) << profile.metadata.name;
  }
  for (const char* promised :
       {"nvidia-a100-80gb", "nvidia-h100-80gb", "nvidia-h200-141gb", "amd-mi300x-192gb",
        "nvidia-l4-24gb", "nvidia-l40s-48gb", "nvidia-a10-24gb", "nvidia-t4-16gb", "cpu"}) {
    EXPECT_TRUE(names.contains(promised)) << promised;
  }
}

TEST(Assess, ShowsAllPresetsAndChoosesTheCheapest) {
  const auto assessment = asked(kModel);
  ASSERT_EQ(assessment.models.size(), 1U);
  const ModelPlan& model = assessment.models[0];
  EXPECT_EQ(model.rows.size(), presets()->size());
  ASSERT_TRUE(model.chosen);
  const Row& chosen = model.rows[*model.chosen];
  for (const Row& row : model.rows) {
    if (row.planned && !row.hardware.cpu) {
      EXPECT_LE(chosen.planned->hourly_micro_usd, row.planned->hourly_micro_usd)
          << row.hardware.name;
    }
  }
  EXPECT_FALSE(model.named);
  EXPECT_EQ(assessment.exit_code(), 0);
}

TEST(Assess, TheNamedProfileCounts) {
  const auto assessment = asked(named("nvidia-h100-80gb"));
  const ModelPlan& model = assessment.models.at(0);
  EXPECT_TRUE(model.named);
  EXPECT_EQ(model.rows.at(*model.chosen).hardware.name, "nvidia-h100-80gb");
  EXPECT_EQ(model.rows.at(*model.chosen).planned->accelerators, 4U);
  const auto small = asked(named("nvidia-l4-24gb"));
  EXPECT_EQ(small.exit_code(), 1);
  const ModelPlan& refused = small.models.at(0);
  EXPECT_NE(refused.rows.at(*refused.chosen)
                .planned.error()
                .message.find("the smallest profile that fits is nvidia-l40s-48gb"),
            std::string::npos);
}

TEST(Assess, ACountIsForTheProfileItStandsBeside) {
  const auto assessment = asked(named("nvidia-h100-80gb", ", count: 8"));
  const ModelPlan& model = assessment.models.at(0);
  EXPECT_EQ(row_of(model, "nvidia-h100-80gb").planned->accelerators, 8U);
  EXPECT_EQ(row_of(model, "nvidia-h200-141gb").planned->accelerators, 2U);
}

TEST(Assess, ProfilesOfTheFilesTakeThePlaceOfPresets) {
  const std::string own = std::string(kModel) + R"(---
apiVersion: penstock.dev/v1alpha1
kind: AcceleratorProfile
metadata: {name: mine}
spec: {vendor: NVIDIA, resourceName: nvidia.com/gpu, memoryBytes: 84932558848, perNode: 4}
)";
  const auto assessment = asked(own);
  ASSERT_EQ(assessment.models.at(0).rows.size(), 1U);
  EXPECT_EQ(assessment.models[0].rows[0].hardware.name, "mine");
  EXPECT_EQ(assessment.models[0].rows[0].planned->accelerators, 4U);
  Question one = question_of(own);
  one.profile = "amd-mi300x-192gb";
  const auto preset = asked(one);
  ASSERT_EQ(preset.models.at(0).rows.size(), 1U) << "a name is looked up in both";
  EXPECT_EQ(preset.models[0].rows[0].planned->accelerators, 1U);
}

TEST(Assess, AConfigTakesThePlaceOfTheArchitecture) {
  Question question = question_of(
      "apiVersion: penstock.dev/v1alpha1\nkind: ModelDeployment\nmetadata: {name: r1}\nspec: "
      "{model: {name: r1}, engine: {type: SGLang}}\n");
  question.config =
      model_config(json::parse(file_text("tests/unit/app/plan/configs/deepseek-r1.json")).value())
          .value();
  const auto assessment = asked(question);
  const ModelPlan& model = assessment.models.at(0);
  EXPECT_EQ(model.wish.context, 163'840U);
  EXPECT_EQ(row_of(model, "nvidia-h200-141gb").planned->accelerators, 8U);
  EXPECT_EQ(row_of(model, "amd-mi300x-192gb").planned->accelerators, 8U);
  EXPECT_FALSE(row_of(model, "nvidia-h100-80gb").planned);
  question.files.push_back(json::parse_yaml(kModel, "second.yaml"));
  const auto two = asked(question);
  EXPECT_TRUE(two.models.empty());
  EXPECT_EQ(two.report.findings.at(0).message, "one config.json cannot describe 2 models");
}

struct Wrong {
  const char* name;
  std::string yaml;
  const char* profile;  ///< --profile
  const char* text;
};

class WrongInput : public testing::TestWithParam<Wrong> {};

TEST_P(WrongInput, IsToldAsValidateTellsIt) {
  Question question = question_of(GetParam().yaml);
  question.profile = GetParam().profile;
  const auto assessment = asked(question);
  EXPECT_TRUE(assessment.models.empty());
  EXPECT_NE(assessment.exit_code(), 0);
  std::ostringstream out;
  validate::write_text(out, assessment.report);
  EXPECT_TRUE(out.str().starts_with(GetParam().text)) << out.str();
}

INSTANTIATE_TEST_SUITE_P(
    Files, WrongInput,
    testing::Values(
        Wrong{"NoArchitecture",
              "apiVersion: penstock.dev/v1alpha1\nkind: ModelDeployment\nmetadata: {name: m}\n"
              "spec:\n  model: {name: m}\n  engine: {type: VLLM}\n",
              "",
              "t.yaml:5: error: ModelDeployment default/m: spec.model.architecture: the planner "
              "needs the shape of the model, and it is not given\n    remedy: add "
              "model.architecture"},
        Wrong{"Schema",
              "apiVersion: penstock.dev/v1alpha1\nkind: ModelDeployment\nmetadata: {name: m}\n"
              "spec:\n  model: {name: m, contextLenght: 7}\n  engine: {type: VLLM}\n",
              "",
              "t.yaml:5: error: ModelDeployment default/m: unknown field "
              "\"spec.model.contextLenght\""},
        Wrong{"ProfileOfTheManifest", named("nvidia-h100-80gp"), "",
              "t.yaml:11: error: ModelDeployment default/llama: spec.engine.accelerator.profile: "
              "AcceleratorProfile nvidia-h100-80gp is neither among these files nor a preset\n"
              "    remedy: did you mean \"nvidia-h100-80gb\"?\n"},
        Wrong{"ProfileOfTheCall", std::string(kModel), "nvidia-t4",
              "t.yaml:1: error: ModelDeployment default/llama: --profile: AcceleratorProfile "
              "nvidia-t4 is neither among these files nor a preset\n"},
        Wrong{"Unreadable", "a: [1\n", "", "t.yaml:"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Assess, WhatRunsElsewhereIsSkipped) {
  const auto assessment = asked(
      "apiVersion: penstock.dev/v1alpha1\nkind: ModelDeployment\nmetadata: {name: far}\nspec: "
      "{model: {name: m}, provider: {type: OpenAICompatible, endpoint: 'https://x.y/v1'}}\n");
  EXPECT_EQ(assessment.exit_code(), 0);
  EXPECT_EQ(assessment.skipped, (std::vector<std::string>{"ModelDeployment default/far"}));
}

TEST(Table, IsForPeople) {
  Question question = question_of(named("nvidia-h100-80gb"));
  question.profile = "nvidia-h100-80gb";
  std::ostringstream out;
  write_text(out, asked(question));
  const std::string text = out.str();
  EXPECT_TRUE(text.starts_with(
      "t.yaml:1: ModelDeployment default/llama: llama-70b\n"
      "  weights 134.0 GiB (70554 million parameters, 16 bits), KV cache 320.0 KiB per token, 1 "
      "call of 32768 tokens\n"))
      << text;
  EXPECT_NE(text.find("  nvidia-h100-80gb           4   4   1      1 "), std::string::npos) << text;
  EXPECT_NE(text.find("   49.16  fits, named\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  llama-70b has 134.0 GiB of weights; on 4 x nvidia-h100-80gb (tensor 4)"),
            std::string::npos)
      << text;
}

TEST(Table, JsonIsForScripts) {
  std::ostringstream out;
  write_json(out, asked(named("nvidia-l4-24gb")));
  const auto parsed = json::parse(out.str());
  ASSERT_TRUE(parsed);
  const json::Value& model = (*parsed)["models"][0];
  EXPECT_EQ(model["object"], "ModelDeployment default/llama");
  EXPECT_EQ(model["contextLength"], 32768);
  for (const json::Value& row : model["profiles"]) {
    if (row["profile"] == "nvidia-l4-24gb") {
      EXPECT_EQ(row["fits"], false);
      EXPECT_EQ(row["chosen"], true);
      EXPECT_EQ(row["verdict"], "does not fit, named");
      EXPECT_FALSE(row.contains("accelerators"));
    }
    if (row["profile"] == "amd-mi300x-192gb") {
      EXPECT_EQ(row["accelerators"], 1);
      EXPECT_EQ(row["hourlyPriceMicroUSD"], 6'000'000);
      EXPECT_EQ(row["kvBytesPerToken"], 327'680);
    }
  }
}

// The story for GPUs is one that the planner can follow.
TEST(Examples, SelfHostedGpuIsPlanned) {
  const auto assessment = asked(file_text("examples/self-hosted-gpu/model.yaml"));
  EXPECT_EQ(assessment.exit_code(), 0);
  ASSERT_EQ(assessment.models.size(), 1U);
  EXPECT_EQ(assessment.models[0].rows.at(*assessment.models[0].chosen).planned->accelerators, 4U);
}

}  // namespace
}  // namespace penstock::app::plan
