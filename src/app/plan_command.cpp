#include "app/plan_command.h"

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "app/config/read_all.h"
#include "app/plan/assess.h"
#include "app/plan/presets.h"
#include "app/plan/table.h"
#include "json/parse.h"

namespace penstock::app {
namespace {

constexpr int kUnreadable = 2;

Result<plan::ModelConfig> read_config(const std::string& path) {
  const std::ifstream file(path);
  if (!file) {
    return fail(Code::kNotFound, path + ": cannot be opened; check --config-json");
  }
  std::ostringstream text;
  text << file.rdbuf();
  const auto value = json::parse(text.str());
  if (!value) {
    return fail(Code::kInvalid, path + ":" + value.error().message());
  }
  auto config = plan::model_config(*value);
  if (!config) {
    return fail(config.error().code(), path + ": " + config.error().message());
  }
  return config;
}

int tell(const plan::Assessment& assessment, const std::string& output) {
  const bool json = output == "json";
  if (assessment.report.exit_code() != 0) {
    (json ? validate::write_json : validate::write_text)(std::cout, assessment.report);
  } else {
    (json ? plan::write_json : plan::write_text)(std::cout, assessment);
  }
  return assessment.exit_code();
}

}  // namespace

int run_plan(int argc, char** argv) {
  CLI::App cli("How many accelerators of which kind models need, without a cluster.",
               "penstock plan");
  std::vector<std::string> names;
  std::string config_file;
  std::string output = "text";
  plan::Question question;
  cli.add_option("FILE", names,
                 "manifests with ModelDeployments, and AcceleratorProfiles to use in place of the "
                 "presets; folders, and - for standard input, as in penstock validate")
      ->required();
  cli.add_option("--config-json", config_file,
                 "the model's config.json from the Hugging Face hub, in place of "
                 "model.architecture");
  cli.add_option("--profile", question.profile, "only this AcceleratorProfile");
  cli.add_option("-o,--output", output, "text or json")->check(CLI::IsMember({"text", "json"}));
  cli.footer(
      "Exit status: 0 every model fits, 1 one does not or a manifest is wrong, 2 wrong usage or "
      "something that could not be read.");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : kUnreadable;
  }
  const auto presets = plan::presets();
  if (!presets) {
    std::cerr << presets.error().to_string() << "\n";
    return kUnreadable;
  }
  if (!config_file.empty()) {
    auto read = read_config(config_file);
    if (!read) {
      std::cerr << read.error().to_string() << "\n";
      return kUnreadable;
    }
    question.config = *read;
  }
  question.files = config::read_all(names);
  return tell(plan::assess(question, *presets), output);
}

}  // namespace penstock::app
