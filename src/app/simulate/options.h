#pragma once
// The flags of `penstock simulate` as a load, a scenario, an engine and policies. Knows words and
// their remedies; must not know how a simulation runs.

#include <string>
#include <vector>

#include "base/result.h"
#include "sim/compare/policy.h"
#include "sim/engine_model/perf_model.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/load.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace penstock::app {

struct SimulateFlags {
  std::string trace;
  std::string form = "azure";
  std::string lengths;
  std::string deployment;
  std::uint32_t day = 0;
  double scale = 1;
  double rate = 0;
  std::string jitter = "3s";
  std::string from = "0s";
  std::string until = "0s";
  std::string emit_load;
  std::string model = "llama-3.1-70b";
  std::string accelerator = "h100";
  std::uint32_t tensor = 0;
  std::string perf_model;
  std::vector<std::string> policies;
  double target = 0;
  std::string cold_start = "180s";
  std::uint32_t min = 1;
  std::uint32_t max = 64;
  std::uint32_t initial = 0;
  std::uint64_t seed = 1;
  std::string slo_ttft = "1s";
  double slo_prefill = 2;
  std::string slo_tpot = "100ms";
  std::string overhead = "100ms";
  std::string queue_timeout = "10m";
  bool spill = false;
  std::string routing = "LeastLoad";
  bool bounded = false;
  std::uint32_t gateway_cores = 1;
  std::string bucket = "5m";
  std::string output = "table";
  std::string file;
};

/// What the flags mean together.
struct SimulatePlan {
  sim::LoadOptions load;
  sim::Scenario scenario;
  sim::PerfModel perf;
  std::vector<sim::PolicySpec> policies;
};

void declare_flags(CLI::App& app, SimulateFlags& flags);

/// kInvalid names the flag, the value and the remedy.
[[nodiscard]] Result<SimulatePlan> plan_simulation(const SimulateFlags& flags);

}  // namespace penstock::app
