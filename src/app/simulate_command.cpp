#include "app/simulate_command.h"

#include <fstream>
#include <iostream>
#include <string>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "app/simulate/options.h"
#include "sim/compare/comparison.h"
#include "sim/report/document.h"
#include "sim/report/page.h"
#include "sim/report/table.h"
#include "sim/trace/mooncake.h"

namespace penstock::app {
namespace {

int refuse(const Error& error) {
  std::cerr << "penstock simulate: " << error.to_string() << "\n";
  return 2;
}

std::string rendered(const sim::Comparison& comparison, const std::string& output) {
  if (output == "json") {
    return sim::to_json(comparison);
  }
  if (output == "html") {
    return sim::to_page(comparison);
  }
  return sim::to_table(comparison);
}

std::unexpected<Error> unwritable(const std::string& flag, const std::string& path) {
  return fail(Code::kUnavailable, flag + " is \"" + path +
                                      "\", it cannot be written; name a file in a folder that "
                                      "exists and is writable");
}

Result<> write(const std::string& text, const std::string& path) {
  if (path.empty()) {
    std::cout << text << std::flush;
    return {};
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file ? Result<>{} : unwritable("--file", path);
}

Result<> emit(const sim::Load& load, const std::string& path) {
  PENSTOCK_TRY(source, load.open());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  PENSTOCK_CHECK_OK(sim::write_mooncake(*source, file));
  file.close();
  return file ? Result<>{} : unwritable("--emit-load", path);
}

Result<> simulate(const SimulateFlags& flags) {
  PENSTOCK_TRY(plan, plan_simulation(flags));
  PENSTOCK_TRY(load, sim::Load::create(plan.load));
  if (!flags.emit_load.empty()) {
    PENSTOCK_CHECK_OK(emit(load, flags.emit_load));
  }
  if (plan.policies.empty()) {
    return {};
  }
  const bool person = isatty(STDERR_FILENO) == 1;
  PENSTOCK_TRY(comparison, sim::compare(load, plan.scenario, plan.perf, plan.policies,
                                        [&](const std::string& policy) {
                                          if (person) {
                                            std::cerr << "simulating " << policy << "\n";
                                          }
                                        }));
  return write(rendered(comparison, flags.output), flags.file);
}

}  // namespace

int run_simulate(int argc, char** argv) {
  CLI::App app("Autoscaling and routing on a load, on virtual time: no GPU, a day in seconds",
               "penstock simulate");
  SimulateFlags flags;
  declare_flags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const auto done = simulate(flags);
  return done ? 0 : refuse(done.error());
}

}  // namespace penstock::app
