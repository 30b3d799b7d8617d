#include "app/controller_command.h"

#include <csignal>
#include <iostream>
#include <optional>
#include <pthread.h>
#include <stop_token>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/admin/admin_server.h"
#include "app/plan/presets.h"
#include "base/clock.h"
#include "base/log.h"
#include "controller/manager.h"
#include "kube/cluster_config.h"
#include "telemetry/exposition.h"

namespace penstock::app {
namespace {

struct Flags {
  std::string kubeconfig;
  std::string context;
  bool insecure = false;
  std::string name_space;
  std::vector<std::string> watch_namespaces;
  bool leader_elect = false;
  std::string metrics_address = "127.0.0.1:9090";
  std::string health_address = "127.0.0.1:8081";
  std::string configuration_address;
  std::string configuration_url;
  std::string gateway_image = "penstock.local/penstock:dev";
  std::string gateway_image_pull_policy = "IfNotPresent";
  std::string cluster_residency;
  std::string profiles_for;
  bool verbose = false;
};

void declare(CLI::App& app, Flags& flags) {
  app.add_option("--kubeconfig", flags.kubeconfig,
                 "Cluster to work on (default: $KUBECONFIG, else the pod's service account, else "
                 "~/.kube/config)");
  app.add_option("--context", flags.context,
                 "Context of the kubeconfig (default: its current one)");
  app.add_flag("--insecure-skip-tls-verify", flags.insecure,
               "Accept a kubeconfig that does not verify the API server (tests only)");
  app.add_option("--namespace", flags.name_space,
                 "Own namespace, where the lease is (default: the pod's or the context's)");
  app.add_option("--watch-namespaces", flags.watch_namespaces,
                 "Namespaces to serve, separated by commas (default: all, which needs rights to "
                 "read the Secrets of all)")
      ->delimiter(',');
  app.add_flag("--leader-elect", flags.leader_elect,
               "Let one of several replicas lead; the others wait");
  app.add_option("--metrics-address", flags.metrics_address,
                 "ADDRESS:PORT of /metrics; empty: none")
      ->capture_default_str();
  app.add_option("--health-address", flags.health_address,
                 "ADDRESS:PORT of /healthz and /readyz; empty: none")
      ->capture_default_str();
  app.add_option("--configuration-address", flags.configuration_address,
                 "ADDRESS:PORT where gateways fetch their configuration by mutual TLS; empty: "
                 "they only watch their Secrets");
  app.add_option("--configuration-url", flags.configuration_url,
                 "https://HOST:PORT under which gateway pods reach that address; the host should "
                 "have the addresses of all replicas");
  app.add_option("--gateway-image", flags.gateway_image, "Image of gateway pods")
      ->capture_default_str();
  app.add_option("--gateway-image-pull-policy", flags.gateway_image_pull_policy,
                 "Always, IfNotPresent or Never")
      ->check(CLI::IsMember({"Always", "IfNotPresent", "Never"}))
      ->capture_default_str();
  app.add_option("--cluster-residency", flags.cluster_residency,
                 "Where this cluster's engines are (for example EU), for routes with a residency "
                 "rule");
  app.add_option("--create-accelerator-profiles", flags.profiles_for,
                 "NAMESPACE/RELEASE: create the AcceleratorProfiles that come with Penstock where "
                 "they are missing, as objects of that Helm release; for its first installation");
  app.add_flag("--verbose", flags.verbose, "Also write debug lines");
}

/// The pod's name where there is one, made unique: two processes must never look like one.
std::string identity() {
  std::string name(256, '\0');
  if (const char* pod = std::getenv("POD_NAME"); pod != nullptr && *pod != '\0') {
    name = pod;
  } else if (gethostname(name.data(), name.size() - 1) == 0) {
    name.resize(name.find('\0'));
  } else {
    name = "penstock";
  }
  const auto now = static_cast<std::uint64_t>(system_clock().wall_now().time_since_epoch().count());
  return name + "_" + std::to_string(getpid()) + "-" + std::to_string(now % 1'000'000'000U);
}

/// Turns SIGTERM and SIGINT into a stop; the second one does not wait. Made before any other
/// thread, which inherit that these signals are blocked.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, kOver}) {
      sigaddset(&set_, signal);
    }
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    thread_ = std::jthread([this] { watch(); });
  }
  ~Signals() { pthread_kill(thread_.native_handle(), kOver); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  static constexpr int kOver = SIGUSR1;

  void watch() {
    for (;;) {
      int signal = 0;
      sigwait(&set_, &signal);
      if (signal == kOver) {
        return;
      }
      if (source_.stop_requested()) {
        log::warn("second signal: not waiting any longer");
        _exit(1);
      }
      log::info("stopping", {{"signal", signal}});
      source_.request_stop();
    }
  }

  sigset_t set_{};
  std::stop_source source_;
  std::jthread thread_;
};

Result<std::optional<controller::configuration::ServiceOptions>> configuration_of(
    const Flags& flags, const std::string& name_space) {
  if (flags.configuration_address.empty() != flags.configuration_url.empty()) {
    return fail(Code::kInvalid, "--configuration-address and --configuration-url go together");
  }
  if (flags.configuration_address.empty()) {
    return std::nullopt;
  }
  PENSTOCK_TRY(address,
               admin::parse_address("--configuration-address", flags.configuration_address));
  controller::configuration::ServiceOptions options;
  options.url = flags.configuration_url;
  options.name_space = name_space;
  options.server.host = address.host;
  options.server.port = address.port;
  return options;
}

controller::Options options_of(const Flags& flags, const kube::ClusterConfig& config) {
  controller::Options options;
  options.name_space = flags.name_space.empty() ? config.name_space : flags.name_space;
  if (options.name_space.empty()) {
    options.name_space = "default";
  }
  options.watch_namespaces = flags.watch_namespaces;
  options.leader_elect = flags.leader_elect;
  options.identity = identity();
  options.cluster_residency = flags.cluster_residency;
  options.gateway_image = flags.gateway_image;
  options.gateway_image_pull_policy = flags.gateway_image_pull_policy;
  options.version = PENSTOCK_VERSION;
  return options;
}

Result<std::optional<controller::preset::Profiles>> profiles_of(const std::string& release) {
  if (release.empty()) {
    return std::nullopt;
  }
  const auto slash = release.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == release.size()) {
    return fail(Code::kInvalid, "--create-accelerator-profiles takes NAMESPACE/RELEASE");
  }
  return controller::preset::Profiles{std::string(plan::preset_text()), release.substr(0, slash),
                                      release.substr(slash + 1)};
}

Result<> open(admin::AdminServer& server, const std::string& flag, const std::string& text) {
  if (text.empty()) {
    return {};
  }
  PENSTOCK_TRY(address, admin::parse_address(flag, text));
  PENSTOCK_TRY(port, server.listen(address));
  log::info("listening", {{"flag", flag}, {"host", address.host}, {"port", port}});
  return {};
}

admin::AdminServer::Source check(Result<> (controller::Manager::*question)() const,
                                 const controller::Manager& manager) {
  return [question, &manager]() -> Result<std::string> {
    PENSTOCK_CHECK_OK((manager.*question)());
    return "ok\n";
  };
}

Result<> run(const Flags& flags) {
  const Signals signals;
  kube::ConfigRequest request;
  request.kubeconfig = flags.kubeconfig;
  request.context = flags.context;
  request.allow_insecure = flags.insecure;
  PENSTOCK_TRY(config, kube::find_cluster_config(request, kube::process_environment));
  auto options = options_of(flags, config);
  PENSTOCK_TRY(configuration, configuration_of(flags, options.name_space));
  options.configuration = std::move(configuration);
  PENSTOCK_TRY(profiles, profiles_of(flags.profiles_for));
  options.profiles = std::move(profiles);
  PENSTOCK_TRY(manager, controller::Manager::make(config, options));
  log::info(
      "starting controller",
      {{"version", PENSTOCK_VERSION}, {"server", config.server}, {"credentials", config.origin}});
  admin::AdminServer metrics;
  metrics.serve("/metrics", std::string(telemetry::kExpositionContentType),
                [&manager = *manager]() -> Result<std::string> { return manager.metrics(); });
  admin::AdminServer health;
  health.serve("/healthz", "text/plain", check(&controller::Manager::healthy, *manager));
  health.serve("/readyz", "text/plain", check(&controller::Manager::ready, *manager));
  PENSTOCK_CHECK_OK(open(metrics, "--metrics-address", flags.metrics_address));
  PENSTOCK_CHECK_OK(open(health, "--health-address", flags.health_address));
  return manager->run(signals.token());
}

}  // namespace

int run_controller(int argc, char** argv) {
  CLI::App app("Turns Penstock's resources into running models and gateways, in a cluster.",
               "penstock controller");
  Flags flags;
  declare(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  log::set_level(flags.verbose ? log::Level::kDebug : log::Level::kInfo);
  if (const auto result = run(flags); !result) {
    std::cerr << "penstock controller: " << result.error().to_string() << "\n";
    return result.error().code() == Code::kInvalid || result.error().code() == Code::kNotFound ? 2
                                                                                               : 1;
  }
  return 0;
}

}  // namespace penstock::app
