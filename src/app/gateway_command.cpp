#include "app/gateway_command.h"

#include <iostream>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "app/gateway/gateway.h"
#include "base/time_format.h"

namespace penstock::app {
namespace {

using gateway_role::Options;

struct Flags {
  std::string snapshot;
  std::string snapshot_secret;
  std::string controller;
  std::string identity;
  std::string data_dir;
  std::string admin = "127.0.0.1:9090";
  std::string drain_delay = "0s";
  std::string drain_timeout = "300s";
  std::size_t threads = 0;
};

void declare(CLI::App& cli, Flags& flags) {
  cli.add_option("--snapshot,--snapshot-file", flags.snapshot,
                 "File with the configuration, as the gateway's Secret is mounted; followed");
  cli.add_option("--snapshot-secret", flags.snapshot_secret,
                 "NAMESPACE/NAME of the Secret with the configuration, followed at the API server");
  cli.add_option("--controller", flags.controller,
                 "https://HOST:PORT of the controller, which streams the configuration by mutual "
                 "TLS; all addresses of the name are tried");
  cli.add_option("--identity", flags.identity,
                 "Folder with tls.crt, tls.key and ca.crt for --controller; followed");
  cli.add_option(
      "--data-dir", flags.data_dir,
      "Folder for the last good configuration, to start from when the new one is broken");
  cli.add_option("--admin", flags.admin,
                 "ADDRESS:PORT of /metrics, /demand, /livez, /readyz and /snapshot-version")
      ->capture_default_str();
  cli.add_option("--threads", flags.threads, "Cores (default: all, at most 8)");
  cli.add_option("--drain-delay", flags.drain_delay,
                 "After SIGTERM: how long new calls are still taken, while not ready")
      ->capture_default_str();
  cli.add_option("--drain-timeout", flags.drain_timeout,
                 "After that: how long running calls may take")
      ->capture_default_str();
}

Result<Options> options_of(const Flags& flags) {
  Options out;
  out.snapshot = flags.snapshot;
  out.data_dir = flags.data_dir;
  out.threads = flags.threads;
  if (!flags.snapshot_secret.empty()) {
    const auto slash = flags.snapshot_secret.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == flags.snapshot_secret.size()) {
      return fail(Code::kInvalid, "--snapshot-secret \"" + flags.snapshot_secret +
                                      "\" is not NAMESPACE/NAME; write for example "
                                      "team-a/main-snapshot");
    }
    out.snapshot_secret = kube::ObjectKey{flags.snapshot_secret.substr(0, slash),
                                          flags.snapshot_secret.substr(slash + 1)};
  }
  out.controller = flags.controller;
  out.identity = flags.identity;
  if (out.controller.empty() != out.identity.empty()) {
    return fail(Code::kInvalid, "--controller and --identity go together");
  }
  if (out.snapshot.empty() && !out.snapshot_secret && out.controller.empty()) {
    return fail(Code::kInvalid,
                "name the configuration with --snapshot, --snapshot-secret or --controller");
  }
  PENSTOCK_TRY(admin, standalone::parse_listen("--admin", flags.admin));
  out.admin = admin;
  PENSTOCK_TRY(delay, parse_duration(flags.drain_delay));
  PENSTOCK_TRY(limit, parse_duration(flags.drain_timeout));
  out.drain_delay = std::chrono::ceil<std::chrono::milliseconds>(delay);
  out.drain_timeout = std::chrono::ceil<std::chrono::milliseconds>(limit);
  return out;
}

}  // namespace

int run_gateway(int argc, char** argv) {
  CLI::App cli("Serves the configuration that the controller keeps for one InferenceGateway.",
               "penstock gateway");
  Flags flags;
  declare(cli, flags);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  const auto options = options_of(flags);
  if (!options) {
    std::cerr << "penstock gateway: " << options.error().message() << "\n";
    return 2;
  }
  const auto code = gateway_role::run(*options);
  if (!code) {
    std::cerr << "penstock gateway: " << code.error().to_string() << "\n";
    return 1;
  }
  return *code;
}

}  // namespace penstock::app
