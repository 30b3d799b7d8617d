#include "app/plan/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "json/write.h"
#include "scaling/planner/explain.h"

namespace penstock::app::plan {
namespace {

using scaling::planner::in_words;
using scaling::planner::Plan;
using scaling::planner::Refusal;

constexpr std::uint64_t kMicro = 1'000'000;
constexpr std::uint64_t kMicroOfCent = 10'000;

std::string dollars(std::uint64_t micro) {
  const std::uint64_t cents = (micro + kMicroOfCent / 2) / kMicroOfCent;
  return fmt::format("{}.{:02}", cents * kMicroOfCent / kMicro, cents % (kMicro / kMicroOfCent));
}

std::string or_dash(std::uint64_t number) {
  return number == 0 ? "-" : std::to_string(number);
}

std::string_view verdict(const ModelPlan& model, std::size_t at) {
  const bool fits = model.rows[at].planned.has_value();
  if (model.chosen == at && model.named) {
    return fits ? "fits, named" : "does not fit, named";
  }
  if (model.chosen == at) {
    return model.rows[at].planned->hourly_micro_usd ? "fits, cheapest" : "fits, fewest";
  }
  return fits ? "fits" : "does not fit";
}

constexpr std::string_view kColumns =
    "  {:<22} {:>5} {:>3} {:>3} {:>6} {:>11} {:>8} {:>8} {:>8}  {}\n";

void write_row(std::ostream& out, const ModelPlan& model, std::size_t at) {
  const Row& row = model.rows[at];
  if (!row.planned) {
    out << fmt::format(fmt::runtime(kColumns), row.hardware.name, "-", "-", "-", "-", "-", "-", "-",
                       "-", verdict(model, at));
    return;
  }
  const Plan& plan = *row.planned;
  out << fmt::format(
      fmt::runtime(kColumns), row.hardware.name, or_dash(plan.accelerators),
      or_dash(plan.layout.tensor), or_dash(plan.layout.pipeline), plan.nodes,
      or_dash(plan.kv_tokens), or_dash(plan.calls_at_context), or_dash(plan.max_sequences),
      plan.hourly_micro_usd ? dollars(*plan.hourly_micro_usd) : "-", verdict(model, at));
}

std::string conclusion(const ModelPlan& model) {
  if (model.chosen) {
    const Row& row = model.rows[*model.chosen];
    return row.planned ? row.planned->why : row.planned.error().message;
  }
  return model.rows.empty()
             ? "there is no AcceleratorProfile"
             : "it fits none of these; " + model.rows.front().planned.error().message;
}

void write_model(std::ostream& out, const ModelPlan& model) {
  const auto& shape = model.wish.shape;
  out << fmt::format("{}:{}: {}: {}\n", model.file, model.line, model.title, model.wish.model);
  out << fmt::format(
      "  weights {} ({} million parameters{}, {} bits), KV cache {} per token, {} "
      "call{} of {} tokens\n",
      in_words(scaling::planner::weight_bytes(shape)), shape.parameters / kMicro,
      shape.active_parameters == 0
          ? ""
          : fmt::format(", {} million active", shape.active_parameters / kMicro),
      shape.weight_bits,
      shape.knows_kv() ? in_words(scaling::planner::kv_bytes_per_token(shape)) : "of unknown size",
      model.wish.concurrency, model.wish.concurrency == 1 ? "" : "s", model.wish.context);
  out << fmt::format(fmt::runtime(kColumns), "PROFILE", "COUNT", "TP", "PP", "NODES", "KV TOKENS",
                     "AT CTX", "MAX SEQ", "USD/H", "VERDICT");
  for (std::size_t at = 0; at < model.rows.size(); ++at) {
    write_row(out, model, at);
  }
  out << "  " << conclusion(model) << "\n";
}

json::Value row_json(const ModelPlan& model, std::size_t at) {
  const Row& row = model.rows[at];
  json::Value out = {{"profile", row.hardware.name}, {"verdict", verdict(model, at)}};
  out["fits"] = row.planned.has_value();
  out["chosen"] = model.chosen == at;
  if (!row.planned) {
    out["why"] = row.planned.error().message;
    return out;
  }
  const Plan& plan = *row.planned;
  out["accelerators"] = plan.accelerators;
  out["nodes"] = plan.nodes;
  out["tensorParallel"] = plan.layout.tensor;
  out["pipelineParallel"] = plan.layout.pipeline;
  out["weightsBytes"] = plan.weights;
  out["kvCacheBytes"] = plan.kv_bytes;
  out["kvCacheTokens"] = plan.kv_tokens;
  out["kvBytesPerToken"] = plan.kv_bytes_per_token;
  out["sequencesAtContext"] = plan.calls_at_context;
  out["maxSequences"] = plan.max_sequences;
  if (plan.hourly_micro_usd) {
    out["hourlyPriceMicroUSD"] = *plan.hourly_micro_usd;
  }
  out["why"] = plan.why;
  return out;
}

}  // namespace

void write_text(std::ostream& out, const Assessment& assessment) {
  bool first = true;
  for (const ModelPlan& model : assessment.models) {
    out << (first ? "" : "\n");
    first = false;
    write_model(out, model);
  }
  if (!assessment.skipped.empty()) {
    out << fmt::format("no engine, nothing to plan: {}\n", fmt::join(assessment.skipped, ", "));
  }
  if (assessment.models.empty() && assessment.skipped.empty()) {
    out << "no ModelDeployment in these files\n";
  }
}

void write_json(std::ostream& out, const Assessment& assessment) {
  json::Value models = json::Value::array();
  for (const ModelPlan& model : assessment.models) {
    json::Value rows = json::Value::array();
    for (std::size_t at = 0; at < model.rows.size(); ++at) {
      rows.push_back(row_json(model, at));
    }
    models.push_back({{"object", model.title},
                      {"file", model.file},
                      {"line", model.line},
                      {"model", model.wish.model},
                      {"contextLength", model.wish.context},
                      {"concurrency", model.wish.concurrency},
                      {"parameters", model.wish.shape.parameters},
                      {"activeParameters", model.wish.shape.active_parameters},
                      {"weightBits", model.wish.shape.weight_bits},
                      {"profiles", std::move(rows)}});
  }
  out << json::write_pretty({{"models", std::move(models)}, {"skipped", assessment.skipped}});
}

}  // namespace penstock::app::plan
