#pragma once
// `penstock plan` without files and screens: each model on each kind of accelerator, and which of
// them counts. Pure.

#include <optional>
#include <string>
#include <vector>

#include "app/plan/model_config.h"
#include "app/validate/report.h"
#include "crd/generated/accelerator_profile.h"
#include "json/yaml.h"
#include "scaling/planner/plan.h"

namespace penstock::app::plan {

struct Row {
  scaling::planner::Hardware hardware;
  scaling::planner::Planned planned;
};

struct ModelPlan {
  std::string title;  ///< "ModelDeployment default/llama"
  std::string file;
  int line = 1;
  scaling::planner::Wish wish;
  std::vector<Row> rows;              ///< one for each profile, in their order
  std::optional<std::size_t> chosen;  ///< the row that counts; absent: it fits none
  bool named = false;                 ///< it is named, by the manifest or the call
};

struct Question {
  std::vector<json::YamlStream> files;
  std::optional<ModelConfig> config;  ///< takes the place of model.architecture
  std::string profile;                ///< only this one; empty: all
};

struct Assessment {
  /// What is wrong with the manifests; when there is any, nothing is planned.
  validate::Report report;
  std::vector<ModelPlan> models;
  std::vector<std::string> skipped;  ///< titles of deployments that run elsewhere

  /// 0 every model fits; 1 one does not, or a manifest is wrong; 2 something cannot be read.
  [[nodiscard]] int exit_code() const;
};

/// The profiles of the files count, and `presets` where there is none; a name is looked up in both.
[[nodiscard]] Assessment assess(const Question& question,
                                const std::vector<crd::AcceleratorProfile>& presets);

}  // namespace penstock::app::plan
