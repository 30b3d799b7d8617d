#include "app/plan/assess.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/validate/check.h"
#include "app/validate/object_set.h"
#include "crd/suggest.h"
#include "scaling/planner/from_spec.h"

namespace penstock::app::plan {
namespace {

namespace planner = scaling::planner;
using planner::Hardware;
using planner::Wish;
using validate::Object;
using validate::Severity;

class Assessor {
 public:
  Assessor(const Question& question, const std::vector<crd::AcceleratorProfile>& presets)
      : question_(question), objects_(validate::objects_of(question.files)) {
    out_.report = validate::check(question.files);
    // Warnings are about other objects, which are not asked after here.
    std::erase_if(out_.report.findings, [](const validate::Finding& finding) {
      return finding.severity == Severity::kWarning;
    });
    for (const auto& preset : presets) {
      presets_.push_back(planner::hardware_of(preset));
    }
  }

  Assessment assess() {
    if (!out_.report.findings.empty()) {
      return std::move(out_);
    }
    for (const Object& object : objects_) {
      if (object.kind == crd::AcceleratorProfile::kKind) {
        if (const auto profile = crd::parse_accelerator_profile(*object.value)) {
          own_.push_back(planner::hardware_of(*profile));
        }
      }
    }
    for (const Object& object : objects_) {
      if (object.kind == crd::ModelDeployment::kKind) {
        if (const auto model = crd::parse_model_deployment(*object.value)) {
          assess_model(object, model->spec);
        }
      }
    }
    check_config_is_for_one();
    return std::move(out_);
  }

 private:
  void complain(const Object& object, const std::string& pointer, std::string field,
                std::string value, std::string message, std::string remedy) {
    out_.report.findings.push_back({.severity = Severity::kError,
                                    .file = object.document->file,
                                    .line = object.line_of(pointer),
                                    .object = object.title(),
                                    .field = std::move(field),
                                    .value = std::move(value),
                                    .message = std::move(message),
                                    .remedy = std::move(remedy)});
  }

  [[nodiscard]] const Hardware* find(const std::string& name) const {
    for (const auto* list : {&own_, &presets_}) {
      const auto found = std::ranges::find(*list, name, &Hardware::name);
      if (found != list->end()) {
        return &*found;
      }
    }
    return nullptr;
  }

  [[nodiscard]] std::string nearest(const std::string& name) const {
    std::vector<std::string_view> names;
    for (const auto* list : {&own_, &presets_}) {
      for (const Hardware& hardware : *list) {
        names.push_back(hardware.name);
      }
    }
    const std::string_view close = crd::nearest(name, names);
    return close.empty() ? "add the AcceleratorProfile to the files, or name another one; without "
                           "--profile all are shown"
                         : fmt::format("did you mean \"{}\"?", close);
  }

  /// What to show, with the named one among it.
  [[nodiscard]] std::vector<Hardware> shown(const Hardware* named) const {
    if (!question_.profile.empty()) {
      return {*named};
    }
    std::vector<Hardware> out = own_.empty() ? presets_ : own_;
    if (named != nullptr && std::ranges::find(out, named->name, &Hardware::name) == out.end()) {
      out.push_back(*named);
    }
    return out;
  }

  void assess_model(const Object& object, const crd::model_deployment::Spec& spec) {
    if (!spec.engine) {
      out_.skipped.push_back(object.title());
      return;
    }
    if (!spec.model.architecture && !question_.config) {
      complain(object, "/spec/model", "spec.model.architecture", "",
               "the planner needs the shape of the model, and it is not given",
               "add model.architecture (parametersMillions, layers, kvHeads, headDim, …), or give "
               "the model's config.json with --config-json");
      return;
    }
    const bool in_manifest = question_.profile.empty() && spec.engine->accelerator;
    const std::string name = in_manifest ? spec.engine->accelerator->profile : question_.profile;
    const Hardware* named = name.empty() ? nullptr : find(name);
    if (!name.empty() && named == nullptr) {
      complain(object, in_manifest ? "/spec/engine/accelerator/profile" : "",
               in_manifest ? "spec.engine.accelerator.profile" : "--profile", name,
               fmt::format("AcceleratorProfile {} is neither among these files nor a preset", name),
               nearest(name));
      return;
    }
    plan_model(object, wish_of(spec), shown(named), named,
               spec.engine->accelerator ? spec.engine->accelerator->profile : "");
  }

  [[nodiscard]] Wish wish_of(const crd::model_deployment::Spec& spec) const {
    Wish wish = planner::wish_of(spec.model, *spec.engine);
    if (question_.config) {
      const std::uint64_t kv_bits = wish.shape.kv_bits;
      wish.shape = question_.config->shape;
      wish.shape.kv_bits = kv_bits;
      if (!wish.context_given) {
        wish.context = question_.config->longest_context;
        wish.context_given = true;
      }
    }
    return wish;
  }

  /// What the user fixed is meant for the profile that the manifest names, not for the others.
  void plan_model(const Object& object, const Wish& wish, std::vector<Hardware> all,
                  const Hardware* named, const std::string& fixed_for) {
    ModelPlan model;
    model.title = object.title();
    model.file = object.document->file;
    model.line = object.line_of("");
    model.wish = wish;
    model.named = named != nullptr;
    Wish free = wish;
    free.count = 0;
    free.tensor = 0;
    for (const Hardware& hardware : all) {
      model.rows.push_back(
          {hardware, planner::plan_among(hardware.name == fixed_for ? wish : free, hardware, all)});
    }
    model.chosen = named == nullptr ? best(model.rows) : place_of(model.rows, named->name);
    out_.models.push_back(std::move(model));
  }

  static std::optional<std::size_t> place_of(const std::vector<Row>& rows,
                                             const std::string& name) {
    for (std::size_t at = 0; at < rows.size(); ++at) {
      if (rows[at].hardware.name == name) {
        return at;
      }
    }
    return std::nullopt;
  }

  static std::optional<std::size_t> best(const std::vector<Row>& rows) {
    std::optional<std::size_t> out;
    for (std::size_t at = 0; at < rows.size(); ++at) {
      const Row& row = rows[at];
      if (row.planned && (!out || planner::better(*row.planned, row.hardware, *rows[*out].planned,
                                                  rows[*out].hardware))) {
        out = at;
      }
    }
    return out;
  }

  void check_config_is_for_one() {
    if (!question_.config || out_.models.size() < 2) {
      return;
    }
    const auto second = std::ranges::find_if(
        objects_, [&](const Object& object) { return object.title() == out_.models[1].title; });
    complain(*second, "", "--config-json", "",
             fmt::format("one config.json cannot describe {} models", out_.models.size()),
             "plan them one file at a time, or give each its model.architecture");
    out_.models.clear();
  }

  const Question& question_;
  std::vector<Object> objects_;
  std::vector<Hardware> own_;
  std::vector<Hardware> presets_;
  Assessment out_;
};

}  // namespace

int Assessment::exit_code() const {
  if (const int code = report.exit_code(); code != 0) {
    return code;
  }
  const bool all_fit = std::ranges::all_of(models, [](const ModelPlan& model) {
    return model.chosen && model.rows[*model.chosen].planned.has_value();
  });
  return all_fit ? 0 : 1;
}

Assessment assess(const Question& question, const std::vector<crd::AcceleratorProfile>& presets) {
  return Assessor(question, presets).assess();
}

}  // namespace penstock::app::plan
