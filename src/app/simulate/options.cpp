#include "app/simulate/options.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/time_format.h"
#include "sim/engine_model/perf_presets.h"

namespace penstock::app {
namespace {

void declare_load(CLI::App& app, SimulateFlags& flags) {
  const std::string group = "Load";
  app.add_option("--trace", flags.trace, "The trace file, plain or gzip")->group(group);
  app.add_option("--form", flags.form, "azure, mooncake, servegen or access-log")
      ->capture_default_str()
      ->group(group);
  app.add_option("--lengths", flags.lengths, "servegen: the file of token lengths")->group(group);
  app.add_option("--day", flags.day, "servegen: which day, from 0")
      ->capture_default_str()
      ->group(group);
  app.add_option("--deployment", flags.deployment, "access-log: only calls that this one answered")
      ->group(group);
  app.add_option("--scale", flags.scale,
                 "Times the load: timestamps are divided by it; servegen: at most 1, the share of "
                 "calls that is kept")
      ->capture_default_str()
      ->group(group);
  app.add_option("--rate", flags.rate, "servegen: mean calls per second, instead of --scale")
      ->group(group);
  app.add_option("--jitter", flags.jitter, "mooncake: spreads calls over its 3 s steps")
      ->capture_default_str()
      ->group(group);
  app.add_option("--from", flags.from, "Leaves out what is before; engines begin empty there")
      ->capture_default_str()
      ->group(group);
  app.add_option("--until", flags.until, "Leaves out what is after; 0s: nothing")
      ->capture_default_str()
      ->group(group);
  app.add_option("--emit-load", flags.emit_load,
                 "Write the calls that are offered there, in Mooncake's form, to replay them "
                 "elsewhere; --policy may be left out")
      ->group(group);
  app.add_flag("--bounded-answers", flags.bounded,
               "Calls carry max_tokens, their answer's length, which routing counts")
      ->group(group);
  app.add_option("--seed", flags.seed, "Of arrivals, lengths and routing draws")
      ->capture_default_str()
      ->group(group);
}

void declare_engine(CLI::App& app, SimulateFlags& flags) {
  const std::string group = "Engine";
  app.add_option("--model", flags.model, "llama-3.1-8b, llama-3.1-70b or qwen3-32b")
      ->capture_default_str()
      ->group(group);
  app.add_option("--accelerator", flags.accelerator, "h100 or a100")
      ->capture_default_str()
      ->group(group);
  app.add_option("--tensor", flags.tensor,
                 "Accelerators per replica; 0: as the performance table was measured")
      ->capture_default_str()
      ->group(group);
  app.add_option("--perf-model", flags.perf_model,
                 "A CSV file in the form of docs/engine-model.md instead of the three above")
      ->group(group);
  app.add_option("--overhead", flags.overhead, "Added to every time to first token")
      ->capture_default_str()
      ->group(group);
}

void declare_policies(CLI::App& app, SimulateFlags& flags) {
  const std::string group = "Policies";
  std::string names;
  for (const sim::PolicyKind& kind : sim::policy_kinds()) {
    names += (names.empty() ? "" : ", ") + std::string(kind.name);
  }
  app.add_option("--policy", flags.policies,
                 "NAME or NAME=TARGET, may be given several times or with commas: " + names)
      ->delimiter(',')
      ->group(group);
  app.add_option("--target", flags.target, "The target of policies that are given without one")
      ->group(group);
  app.add_option("--cold-start", flags.cold_start, "From a pod's creation until it is ready")
      ->capture_default_str()
      ->group(group);
  app.add_option("--min", flags.min, "Fewest replicas")->capture_default_str()->group(group);
  app.add_option("--max", flags.max, "Most replicas")->capture_default_str()->group(group);
  app.add_option("--initial", flags.initial, "Replicas ready at the beginning; 0: --min")
      ->capture_default_str()
      ->group(group);
  app.add_option("--queue-timeout", flags.queue_timeout,
                 "How long a call is held back while nothing is ready")
      ->capture_default_str()
      ->group(group);
  app.add_flag("--spill", flags.spill, "Calls held too long go to another backend")->group(group);
  app.add_option("--gateway-cores", flags.gateway_cores,
                 "Of all gateways together; each routes by what it sees itself")
      ->capture_default_str()
      ->group(group);
  app.add_option("--routing", flags.routing, "LeastLoad, Latency or RoundRobin")
      ->capture_default_str()
      ->group(group);
}

void declare_report(CLI::App& app, SimulateFlags& flags) {
  const std::string group = "Service level and report";
  app.add_option("--slo-ttft", flags.slo_ttft, "Time to first token, base")
      ->capture_default_str()
      ->group(group);
  app.add_option("--slo-prefill", flags.slo_prefill,
                 "Plus this many times the prompt's own prefill time")
      ->capture_default_str()
      ->group(group);
  app.add_option("--slo-tpot", flags.slo_tpot, "Mean time per following token")
      ->capture_default_str()
      ->group(group);
  app.add_option("--bucket", flags.bucket, "Step of the timeline")
      ->capture_default_str()
      ->group(group);
  app.add_option("-o,--output", flags.output, "table, json or html")
      ->capture_default_str()
      ->group(group);
  app.add_option("--file", flags.file, "Write there instead of to the standard output")
      ->group(group);
}

std::unexpected<Error> wrong(const std::string& flag, const std::string& value,
                             const std::string& remedy) {
  return fail(Code::kInvalid, flag + " is \"" + value + "\"; " + remedy);
}

Result<std::chrono::nanoseconds> duration(const std::string& flag, const std::string& text) {
  auto parsed = parse_duration(text);
  if (!parsed) {
    return wrong(flag, text, "write a duration, for example 30s, 3m or 1h30m");
  }
  return parsed;
}

Result<sim::TraceForm> form(const std::string& text) {
  constexpr std::pair<std::string_view, sim::TraceForm> kForms[] = {
      {"azure", sim::TraceForm::kAzure},
      {"mooncake", sim::TraceForm::kMooncake},
      {"servegen", sim::TraceForm::kServegen},
      {"access-log", sim::TraceForm::kAccessLog}};
  for (const auto& [name, value] : kForms) {
    if (name == text) {
      return value;
    }
  }
  return wrong("--form", text, "it must be azure, mooncake, servegen or access-log");
}

Result<routing::Algorithm> algorithm(const std::string& text) {
  constexpr std::pair<std::string_view, routing::Algorithm> kAlgorithms[] = {
      {"LeastLoad", routing::Algorithm::kLeastLoad},
      {"Latency", routing::Algorithm::kLatency},
      {"RoundRobin", routing::Algorithm::kRoundRobin}};
  for (const auto& [name, value] : kAlgorithms) {
    if (name == text) {
      return value;
    }
  }
  return wrong("--routing", text, "it must be LeastLoad, Latency or RoundRobin");
}

Result<sim::PerfModel> perf_from_file(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) {
    return wrong("--perf-model", path, "there is no such file; see docs/engine-model.md");
  }
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return sim::PerfModel::parse(path, text.str());
}

Result<sim::PerfModel> perf_model(const SimulateFlags& flags) {
  if (!flags.perf_model.empty()) {
    return perf_from_file(flags.perf_model);
  }
  std::string model = flags.model;
  if (model.starts_with("llama-")) {  // presets write llama3.1-70b
    model.erase(5, 1);
  }
  const std::string name = model + "/" + flags.accelerator;
  auto perf = sim::perf_preset(name);
  if (!perf) {
    std::string names;
    for (const sim::PerfPreset& preset : sim::perf_presets()) {
      names += (names.empty() ? "" : ", ") + std::string(preset.name);
    }
    return fail(Code::kInvalid, "--model \"" + flags.model + "\" on --accelerator \"" +
                                    flags.accelerator + "\" has no performance table; there are " +
                                    names + ", or give your own with --perf-model");
  }
  if (flags.tensor != 0 && flags.tensor != perf->gpus()) {
    return wrong("--tensor", std::to_string(flags.tensor),
                 "the table of " + name + " is of " + std::to_string(perf->gpus()) +
                     " accelerators; give your own with --perf-model");
  }
  return perf;
}

Result<sim::Scenario> scenario(const SimulateFlags& flags) {
  sim::Scenario made;
  PENSTOCK_TRY(cold_start, duration("--cold-start", flags.cold_start));
  PENSTOCK_TRY(ttft, duration("--slo-ttft", flags.slo_ttft));
  PENSTOCK_TRY(tpot, duration("--slo-tpot", flags.slo_tpot));
  PENSTOCK_TRY(overhead, duration("--overhead", flags.overhead));
  PENSTOCK_TRY(queue_timeout, duration("--queue-timeout", flags.queue_timeout));
  PENSTOCK_TRY(bucket, duration("--bucket", flags.bucket));
  PENSTOCK_TRY(routing, algorithm(flags.routing));
  // Only Mooncake's form says which prompts share a beginning.
  made.engine.prefix_caching = flags.form == "mooncake";
  made.cold_start = cold_start;
  made.min_replicas = flags.min;
  made.max_replicas = flags.max;
  made.initial_replicas = flags.initial;
  made.level = {.ttft = ttft, .prefill_factor = flags.slo_prefill, .tpot = tpot};
  made.overhead = overhead;
  made.queue_timeout = queue_timeout;
  made.spill = flags.spill;
  made.bounded = flags.bounded;
  made.algorithm = routing;
  made.gateway_cores = flags.gateway_cores;
  made.bucket = bucket;
  made.seed = flags.seed;
  PENSTOCK_CHECK_OK(sim::check(made));
  return made;
}

}  // namespace

void declare_flags(CLI::App& app, SimulateFlags& flags) {
  declare_load(app, flags);
  declare_engine(app, flags);
  declare_policies(app, flags);
  declare_report(app, flags);
}

Result<SimulatePlan> plan_simulation(const SimulateFlags& flags) {
  if (flags.trace.empty()) {
    return fail(Code::kInvalid, "--trace is missing; give the file of the load to simulate");
  }
  if (flags.policies.empty() && flags.emit_load.empty()) {
    return fail(Code::kInvalid, "--policy is missing; give at least one, for example static=4");
  }
  if (flags.output != "table" && flags.output != "json" && flags.output != "html") {
    return wrong("--output", flags.output, "it must be table, json or html");
  }
  PENSTOCK_TRY(trace_form, form(flags.form));
  PENSTOCK_TRY(jitter, duration("--jitter", flags.jitter));
  PENSTOCK_TRY(from, duration("--from", flags.from));
  PENSTOCK_TRY(until, duration("--until", flags.until));
  PENSTOCK_TRY(made, scenario(flags));
  PENSTOCK_TRY(perf, perf_model(flags));
  SimulatePlan plan{.load = {.trace = flags.trace,
                             .form = trace_form,
                             .lengths = flags.lengths,
                             .day = flags.day,
                             .scale = flags.scale,
                             .rate = flags.rate,
                             .jitter = jitter,
                             .from = from,
                             .until = until,
                             .deployment = flags.deployment,
                             .seed = flags.seed},
                    .scenario = made,
                    .perf = std::move(perf),
                    .policies = {}};
  for (const std::string& text : flags.policies) {
    const bool bare = flags.target != 0 && text.find('=') == std::string::npos;
    PENSTOCK_TRY(
        policy, sim::parse_policy(bare ? text + "=" + CLI::detail::to_string(flags.target) : text));
    plan.policies.push_back(std::move(policy));
  }
  return plan;
}

}  // namespace penstock::app
