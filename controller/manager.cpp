#include "controller/manager.h"

#include <array>

#include "base/clock.h"
#include "base/log.h"
#include "controller/autoscaler/autoscaler.h"
#include "controller/cache/caches.h"
#include "controller/child/apply.h"
#include "controller/consumer/reconciler.h"
#include "controller/inferencegateway/reconciler.h"
#include "controller/inferencegateway/replica_versions.h"
#include "controller/modeldeployment/reconciler.h"
#include "controller/modelroute/reconciler.h"
#include "kube/applier.h"
#include "kube/connection.h"
#include "kube/event_recorder.h"
#include "kube/leader_elector.h"
#include "runtime/manager.h"
#include "runtime/metrics.h"
#include "telemetry/exposition.h"
#include "telemetry/process_metrics.h"

namespace penstock::controller {
namespace {

constexpr std::string_view kLease = "penstock-controller";

/// A number that differs from process to process: for jitter and for the names of Events.
std::uint64_t seed_of(const Options& options, const Clock& clock) {
  const auto now = static_cast<std::uint64_t>(clock.wall_now().time_since_epoch().count());
  return std::hash<std::string>{}(options.identity) ^ now;
}

kube::ConnectionOptions connection_options(const Options& options, runtime::Metrics& metrics) {
  kube::ConnectionOptions out;
  out.caller.user_agent = "penstock-controller/" + options.version;
  out.caller.qps = 0;  // the server's Priority and Fairness knows better what it can bear
  out.caller.on_call = [&metrics](const kube::CallRecord& call) { metrics.api_call(call); };
  return out;
}

/// Requests for the lease must not wait behind others, and a late answer is worth nothing.
kube::ConnectionOptions lease_options(const Options& options, runtime::Metrics& metrics) {
  kube::ConnectionOptions out = connection_options(options, metrics);
  out.deadline = std::chrono::seconds(5);
  out.caller.retry.most_tries = 1;
  return out;
}

}  // namespace

struct Manager::Parts {
  explicit Parts(const Waiter& wait) : waiter(wait) {}

  const Waiter& waiter;
  runtime::Metrics metrics;
  std::unique_ptr<kube::Connection> reading;
  std::unique_ptr<kube::Connection> writing;
  std::unique_ptr<kube::Connection> leasing;
  std::unique_ptr<kube::LeaderElector> elector;
  std::unique_ptr<kube::EventRecorder> events;
  std::vector<std::unique_ptr<kube::Applier>> appliers;
  cache::Caches caches;
  std::unique_ptr<modeldeployment::Reconciler> model_deployments;
  std::unique_ptr<consumer::Reconciler> consumers;
  std::unique_ptr<modelroute::Reconciler> model_routes;
  std::unique_ptr<inferencegateway::Reconciler> inference_gateways;
  runtime::Controller* gateway_controller = nullptr;
  std::unique_ptr<configuration::Service> configuration;
  std::unique_ptr<autoscaler::Publisher> publisher;
  std::unique_ptr<autoscaler::Autoscaler> autoscaler;
  std::unique_ptr<runtime::Manager> manager;  ///< last: its threads use all of the above

  /// One field manager per controller.
  kube::Applier& applier(std::string_view field_manager) {
    return *appliers.emplace_back(
        std::make_unique<kube::Applier>(writing->client(), std::string(field_manager)));
  }

  child::Hands hands(std::string_view field_manager, runtime::Controller& controller) {
    return {writing->client(), applier(field_manager), controller.writes(),
            [this](const kube::Resource& resource, const std::string& name_space) {
              const auto* informers = caches.of(resource);
              return informers == nullptr ? nullptr : informers->of(name_space);
            }};
  }

  void add_model_deployments() {
    auto& controller = manager->add_controller(
        {.name = "modeldeployment", .workers = 8},
        [this](const runtime::Pass& pass) { return model_deployments->reconcile(pass); });
    model_deployments = std::make_unique<modeldeployment::Reconciler>(
        caches, hands(modeldeployment::kFieldManager, controller), *events);
    modeldeployment::watch(caches, controller);
  }

  void add_consumers() {
    auto& controller = manager->add_controller(
        {.name = "consumer", .workers = 2},
        [this](const runtime::Pass& pass) { return consumers->reconcile(pass); });
    consumers = std::make_unique<consumer::Reconciler>(caches, applier(consumer::kFieldManager),
                                                       controller.writes(), *events);
    consumer::watch(caches, controller);
  }

  void add_model_routes(const std::string& cluster_residency) {
    auto& controller = manager->add_controller(
        {.name = "modelroute", .workers = 2},
        [this](const runtime::Pass& pass) { return model_routes->reconcile(pass); });
    model_routes =
        std::make_unique<modelroute::Reconciler>(caches, applier(modelroute::kFieldManager),
                                                 controller.writes(), *events, cluster_residency);
    modelroute::watch(caches, controller);
  }

  void add_inference_gateways(const Options& options) {
    auto& controller = manager->add_controller(
        {.name = "inferencegateway", .workers = 2},
        [this](const runtime::Pass& pass) { return inference_gateways->reconcile(pass); });
    inferencegateway::Settings settings;
    settings.image = {options.gateway_image, options.gateway_image_pull_policy};
    settings.cluster_residency = options.cluster_residency;
    if (configuration) {
      settings.image.controller_url = options.configuration->url;
      settings.stream = {options.configuration->url, [this] { return configuration->authority(); },
                         options.configuration->policy};
    }
    inference_gateways = std::make_unique<inferencegateway::Reconciler>(
        caches, hands(inferencegateway::kFieldManager, controller), *events, std::move(settings),
        inferencegateway::ask_versions);
    inferencegateway::watch(caches, controller);
    gateway_controller = &controller;
  }

  /// Decides each second in a service; workers write what is decided.
  void add_autoscaler() {
    auto& controller = manager->add_controller(
        {.name = "autoscaler", .workers = 4},
        [this](const runtime::Pass& pass) { return publisher->write(pass); });
    publisher = std::make_unique<autoscaler::Publisher>(caches, writing->client(),
                                                        applier(autoscaler::kFieldManager),
                                                        controller.writes(), *events);
    autoscaler = std::make_unique<autoscaler::Autoscaler>(
        caches, *publisher, [&controller](const kube::ObjectKey& key) { controller.enqueue(key); },
        waiter);
    caches.model_deployments.add_handler(controller.wake_self());  // a status changed by hand
    manager->add_leader_service("autoscaler",
                                [this](const std::stop_token& stop) { autoscaler->run(stop); });
  }

  /// Before the kinds, which ask whether there is one.
  Result<> add_configuration(const Options& options) {
    if (!options.configuration) {
      return {};
    }
    configuration::Service::Hooks hooks;
    hooks.leading = [this] { return manager->leading(); };
    hooks.on_new_bundle = [this] {
      for (const auto& gateway : caches.inference_gateways.list()) {
        gateway_controller->enqueue(gateway.key());
      }
    };
    hooks.demand = [this](const authority::GatewayIdentity& from, const std::string& body) {
      return autoscaler->report(from.name_space + "/" + from.name, body);
    };
    PENSTOCK_TRY(service, configuration::Service::make(writing->client(), waiter,
                                                       *options.configuration, std::move(hooks)));
    configuration = std::move(service);
    caches.secrets.add_handler([offer = &configuration->publications()](
                                   const kube::Change& change) { offer->seen(change); });
    manager->add_service("configuration", [service = configuration.get()](
                                              const std::stop_token& stop) { service->run(stop); });
    return {};
  }
};

Manager::Manager(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Manager::~Manager() = default;

Result<std::unique_ptr<Manager>> Manager::make(const kube::ClusterConfig& config,
                                               const Options& options, const Waiter& waiter) {
  auto parts = std::make_unique<Parts>(waiter);
  const std::uint64_t seed = seed_of(options, waiter);
  const auto common = connection_options(options, parts->metrics);
  PENSTOCK_TRY(reading, kube::Connection::make(config, common, waiter));
  PENSTOCK_TRY(writing, kube::Connection::make(config, common, waiter));
  parts->reading = std::move(reading);
  parts->writing = std::move(writing);
  kube::EventRecorderOptions events;
  events.instance = options.identity;
  events.stamp = seed;
  parts->events = std::make_unique<kube::EventRecorder>(parts->writing->client(), waiter, events);
  parts->manager = std::make_unique<runtime::Manager>(
      parts->reading->client(), &parts->writing->caller(), waiter, parts->metrics,
      runtime::ManagerOptions{.seed = seed});
  if (options.leader_elect) {
    PENSTOCK_TRY(leasing,
                 kube::Connection::make(config, lease_options(options, parts->metrics), waiter));
    parts->leasing = std::move(leasing);
    kube::ElectionOptions election;
    election.lease = {options.name_space, std::string(kLease)};
    election.identity = options.identity;
    election.seed = seed;
    PENSTOCK_CHECK_OK(kube::check_election(election));
    parts->elector = std::make_unique<kube::LeaderElector>(parts->leasing->client(), waiter,
                                                           boot_clock(), election);
    parts->manager->set_elector(*parts->elector);
  }
  cache::fill(parts->caches, *parts->manager, options.watch_namespaces);
  PENSTOCK_CHECK_OK(parts->add_configuration(options));
  parts->add_model_deployments();
  parts->add_consumers();
  parts->add_model_routes(options.cluster_residency);
  parts->add_inference_gateways(options);
  parts->add_autoscaler();
  if (options.profiles) {
    parts->manager->add_leader_service(
        "presets", [profiles = *options.profiles, &client = parts->writing->client(),
                    &waiter](const std::stop_token& stop) {
          preset::create_missing_at_last(client, profiles, waiter, stop);
        });
  }
  parts->manager->add_leader_service(
      "events", [events = parts->events.get()](std::stop_token stop) { events->run(stop); });
  return std::unique_ptr<Manager>(new Manager(std::move(parts)));
}

Result<> Manager::run(std::stop_token stop) {
  if (!parts_->configuration) {
    return parts_->manager->run(std::move(stop));
  }
  PENSTOCK_CHECK_OK(parts_->configuration->listen());
  auto result = parts_->manager->run(std::move(stop));
  parts_->configuration->close();
  return result;
}

Result<> Manager::healthy() const {
  return parts_->manager->healthy();
}

Result<> Manager::ready() const {
  return parts_->manager->ready();
}

std::string Manager::metrics() const {
  telemetry::Registry gauges;
  parts_->autoscaler->metrics().show(gauges);
  const std::array registries{&parts_->metrics.registry(),
                              &parts_->autoscaler->metrics().counters(), &std::as_const(gauges)};
  return telemetry::Exposition::text(registries) + telemetry::process_metrics_text();
}

}  // namespace penstock::controller
