#include "app/standalone_command.h"

#include <cstdlib>
#include <iostream>

#include <CLI/CLI.hpp>

#include "app/standalone/standalone.h"
#include "base/log.h"
#include "base/time_format.h"

namespace penstock::app {
namespace {

struct Flags {
  std::string config;
  std::string listen;
  std::string admin;
  std::string ready_file;
  std::string data_dir;
  std::string drain_timeout = "60s";
  std::string gateway;
  std::string residency;
  unsigned threads = 0;
  bool verbose = false;
};

void declare(CLI::App& app, Flags& flags) {
  app.add_option("--config", flags.config,
                 "Folder of manifests (*.yaml), or one file; read again on every change");
  app.add_option("--listen", flags.listen,
                 "ADDRESS:PORT instead of the gateway's first listener; port 0 picks one");
  app.add_option("--admin", flags.admin,
                 "ADDRESS:PORT of /metrics, /livez and /readyz (default 127.0.0.1, any port)");
  app.add_option("--ready-file", flags.ready_file,
                 "Written with {\"url\", \"apiKey\"} once calls are served");
  app.add_option("--data-dir", flags.data_dir,
                 "Folder for engine logs (default ~/.local/state/penstock)");
  app.add_option("--threads", flags.threads, "Cores of the gateway (default: all)");
  app.add_option("--drain-timeout", flags.drain_timeout,
                 "How long running calls may take after Ctrl-C")
      ->capture_default_str();
  app.add_option("--gateway", flags.gateway,
                 "InferenceGateway to serve, when the folder has several");
  app.add_option("--residency", flags.residency,
                 "Where this machine is (for example EU), for routes with a residency rule");
  app.add_flag("--verbose", flags.verbose,
               "Also write the JSON log lines that operators read, to stderr");
}

std::filesystem::path default_data_dir() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0') {
    return std::filesystem::path(state) / "penstock";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return std::filesystem::path(home) / ".local/state/penstock";
  }
  return std::filesystem::temp_directory_path() / "penstock";
}

Result<standalone::Options> options_of(const Flags& flags) {
  if (flags.config.empty()) {
    return fail(Code::kInvalid,
                "--config is missing: name a folder of manifests, for example --config "
                "examples/quickstart");
  }
  standalone::Options options;
  options.config = flags.config;
  options.ready_file = flags.ready_file;
  options.data_dir =
      flags.data_dir.empty() ? default_data_dir() : std::filesystem::path(flags.data_dir);
  options.threads = flags.threads;
  options.gateway = flags.gateway;
  options.residency = flags.residency;
  PENSTOCK_TRY(drain, parse_duration(flags.drain_timeout));
  options.drain_timeout = std::chrono::ceil<std::chrono::milliseconds>(drain);
  if (!flags.listen.empty()) {
    PENSTOCK_TRY(listen, standalone::parse_listen("--listen", flags.listen));
    options.listen = listen;
  }
  if (!flags.admin.empty()) {
    PENSTOCK_TRY(admin, standalone::parse_listen("--admin", flags.admin));
    options.admin = admin;
  }
  return options;
}

}  // namespace

int run_standalone(int argc, char** argv) {
  CLI::App app(
      "Runs models of a folder of manifests on this machine, behind one OpenAI-compatible address.",
      "penstock standalone");
  Flags flags;
  declare(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  log::set_level(flags.verbose ? log::Level::kInfo : log::Level::kError);
  const auto options = options_of(flags);
  if (!options) {
    std::cerr << "penstock standalone: " << options.error().to_string() << "\n";
    return 2;
  }
  const auto code = standalone::run(*options);
  if (!code) {
    std::cerr << "penstock standalone: " << code.error().to_string() << "\n";
    return 1;
  }
  return *code;
}

}  // namespace penstock::app
