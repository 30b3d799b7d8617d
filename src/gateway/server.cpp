#include "gateway/server.h"

#include <atomic>
#include <latch>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/random.h"
#include "gateway/admin.h"
#include "gateway/core/access_log.h"
#include "gateway/core/core.h"
#include "gateway/response/api_error.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "net/tls.h"
#include "telemetry/exposition.h"
#include "telemetry/process_metrics.h"

namespace penstock::gateway {
namespace {

using TlsContext = std::shared_ptr<const net::TlsServerContext>;

Result<TlsContext> tls_context(const snapshot::Listener& listener) {
  if (!listener.tls) {
    return TlsContext();
  }
  const auto minimum =
      listener.min_tls_version == "1.3" ? net::TlsVersion::kTls13 : net::TlsVersion::kTls12;
  auto context = net::TlsServerContext::create(listener.certificate_pem,
                                               listener.private_key_pem.reveal(), minimum);
  if (!context) {
    return fail(std::move(context.error()).with_context("listener " + listener.name));
  }
  return *context;
}

net::ServerOptions server_options(const snapshot::Limits& limits, TlsContext tls) {
  net::ServerOptions options;
  options.max_header_bytes = limits.max_header_bytes;
  options.max_body_bytes = limits.max_body_bytes;
  if (limits.idle_timeout.count() > 0) {
    options.idle_timeout = limits.idle_timeout;
  }
  options.tls = std::move(tls);
  options.error_body = codec_error_body;
  return options;
}

std::string random_instance() {
  return fmt::format("{:016x}", entropy_seed());
}

/// What one core runs: its calls, and one HTTP server per listener.
struct CoreUnit {
  std::unique_ptr<UsageSink> sink;
  std::unique_ptr<UsageSink> access_log;
  std::unique_ptr<Core> core;
  std::vector<std::unique_ptr<net::HttpServer>> servers;

  net::Task<void> drain(std::chrono::milliseconds limit, std::latch& done) {
    core->end_waiting(limit);
    for (const auto& server : servers) {
      co_await server->drain(limit);
    }
    co_await core->pool().close_idle();
    done.count_down();
  }
};

net::Task<void> drain_admin(net::HttpServer& server, std::latch& done) {
  constexpr std::chrono::milliseconds kAdminLimit{200};
  co_await server.drain(kAdminLimit);
  done.count_down();
}

}  // namespace

struct GatewayServer::Impl {
  Impl(ServerSettings given, std::shared_ptr<const snapshot::Snapshot> first)
      : settings(std::move(given)),
        snapshot(std::move(first)),
        version(snapshot->document().version),
        loops(settings.cores) {}

  Result<> open();
  Result<> open_listener(const snapshot::Listener& listener);
  Result<> open_admin(const AdminAddress& address);
  [[nodiscard]] std::string metrics_text() const;
  [[nodiscard]] std::vector<demand::DeploymentDemand> demand_now() const;
  [[nodiscard]] demand::Report demand_report() const;
  [[nodiscard]] std::string version_in_force() const;

  ServerSettings settings;
  std::shared_ptr<const snapshot::Snapshot> snapshot;
  Shared shared;
  std::string gateway;   ///< its name, for reports
  std::string instance;  ///< the same
  SteadyTime began = system_clock().now();
  mutable std::atomic<std::uint64_t> reports{0};
  std::atomic<bool> ready{true};
  mutable std::mutex version_mutex;
  std::string version;                    ///< of `snapshot`, for the admin door's thread
  std::unique_ptr<AccessLog> access_log;  ///< outlives the cores
  net::LoopGroup loops;
  std::vector<CoreUnit> units;
  std::vector<TlsContext> tls;  ///< per listener
  std::vector<std::uint16_t> ports;
  std::unique_ptr<Admin> admin;
  std::unique_ptr<net::HttpServer> admin_server;
  std::uint16_t admin_port = 0;
  bool running = false;
  bool drained = false;
};

Result<> GatewayServer::Impl::open() {
  if (settings.access_log_descriptor >= 0) {
    access_log = std::make_unique<AccessLog>(settings.access_log_descriptor);
  }
  const std::uint64_t seed = settings.seed.value_or(entropy_seed());
  gateway = snapshot->document().gateway;
  instance = settings.instance.empty() ? random_instance() : settings.instance;
  shared.cores = settings.cores;
  shared.first_wait = settings.on_first_wait;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    CoreUnit& unit = units.emplace_back();
    if (settings.usage_sink) {
      unit.sink = settings.usage_sink(i);
    }
    if (access_log) {
      unit.access_log = access_log->sink();
    }
    const CallSinks sinks{.usage = unit.sink.get(), .access_log = unit.access_log.get()};
    unit.core = std::make_unique<Core>(loops[i], seed + i, shared, sinks);
    unit.core->apply(snapshot);
  }
  for (const snapshot::Listener& listener : settings.listeners) {
    PENSTOCK_CHECK_OK(open_listener(listener));
  }
  if (settings.admin) {
    PENSTOCK_CHECK_OK(open_admin(*settings.admin));
  }
  loops.start();
  running = true;
  return {};
}

// Every core listens on the same port; the kernel spreads the connections.
Result<> GatewayServer::Impl::open_listener(const snapshot::Listener& listener) {
  PENSTOCK_TRY(context, tls_context(listener));
  std::uint16_t port = listener.port;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    PENSTOCK_TRY(socket, net::ListenSocket::open(listener.address, port, i > 0));
    port = socket.port();
    auto& server = units[i].servers.emplace_back(std::make_unique<net::HttpServer>(
        loops[i], *units[i].core, server_options(snapshot->document().limits, context)));
    server->listen(std::move(socket));
  }
  ports.push_back(port);
  tls.push_back(std::move(context));
  return {};
}

Result<> GatewayServer::Impl::open_admin(const AdminAddress& address) {
  PENSTOCK_TRY(socket, net::ListenSocket::open(address.address, address.port));
  admin_port = socket.port();
  admin = std::make_unique<Admin>(
      Admin::Sources{.metrics = [this] { return metrics_text(); },
                     .demand = [this] { return demand::write_report(demand_report()); },
                     .ready = [this] { return ready.load(); },
                     .snapshot_version = [this] { return version_in_force(); }});
  admin_server = std::make_unique<net::HttpServer>(loops[0], *admin, net::ServerOptions{});
  admin_server->listen(std::move(socket));
  return {};
}

std::string GatewayServer::Impl::version_in_force() const {
  const std::lock_guard lock(version_mutex);
  return version;
}

std::string GatewayServer::Impl::metrics_text() const {
  std::vector<const telemetry::Registry*> registries = settings.more_metrics;
  registries.reserve(registries.size() + units.size());
  for (const CoreUnit& unit : units) {
    registries.push_back(&unit.core->registry());
  }
  telemetry::Registry demanded;
  demand::show(demand_now(), demanded);
  registries.push_back(&demanded);
  return telemetry::Exposition::text(registries) + telemetry::process_metrics_text();
}

std::vector<demand::DeploymentDemand> GatewayServer::Impl::demand_now() const {
  std::vector<const demand::Book*> books;
  books.reserve(units.size());
  for (const CoreUnit& unit : units) {
    books.push_back(&unit.core->demand());
  }
  return demand::sum(books);
}

demand::Report GatewayServer::Impl::demand_report() const {
  const Clock& clock = system_clock();
  return {.gateway = gateway,
          .instance = instance,
          .sequence = reports.fetch_add(1, std::memory_order_relaxed) + 1,
          .at = clock.wall_now(),
          .window = std::chrono::floor<std::chrono::milliseconds>(clock.now() - began),
          .deployments = demand_now()};
}

GatewayServer::GatewayServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GatewayServer::~GatewayServer() {
  stop();
}

Result<std::unique_ptr<GatewayServer>> GatewayServer::start(
    ServerSettings settings, std::shared_ptr<const snapshot::Snapshot> snapshot) {
  if (settings.cores == 0) {
    return fail(Code::kInvalid, "the gateway needs at least one core");
  }
  auto impl = std::make_unique<Impl>(std::move(settings), std::move(snapshot));
  PENSTOCK_CHECK_OK(impl->open());
  return std::unique_ptr<GatewayServer>(new GatewayServer(std::move(impl)));
}

Result<> GatewayServer::apply(const std::shared_ptr<const snapshot::Snapshot>& snapshot) {
  Result<> outcome;
  for (std::size_t i = 0; i < impl_->settings.listeners.size(); ++i) {
    for (const snapshot::Listener& changed : snapshot->document().listeners) {
      if (!changed.tls || changed.name != impl_->settings.listeners[i].name || !impl_->tls[i]) {
        continue;
      }
      auto context = tls_context(changed);
      if (context) {
        impl_->tls[i] = std::move(*context);
      } else {
        outcome = fail(std::move(context.error()));
      }
    }
  }
  impl_->snapshot = snapshot;
  {
    const std::lock_guard lock(impl_->version_mutex);
    impl_->version = snapshot->document().version;
  }
  for (std::size_t i = 0; i < impl_->units.size(); ++i) {
    CoreUnit& unit = impl_->units[i];
    impl_->loops[i].post([&unit, snapshot, tls = impl_->tls] {
      unit.core->apply(snapshot);
      for (std::size_t s = 0; s < unit.servers.size(); ++s) {
        unit.servers[s]->set_options(server_options(snapshot->document().limits, tls[s]));
      }
    });
  }
  return outcome;
}

void GatewayServer::announce_drain() {
  impl_->ready = false;
  for (std::size_t i = 0; i < impl_->units.size(); ++i) {
    impl_->loops[i].post([core = impl_->units[i].core.get()] { core->set_draining(); });
  }
}

void GatewayServer::drain(std::chrono::milliseconds limit) {
  if (!impl_->running || impl_->drained) {
    return;
  }
  impl_->drained = true;
  announce_drain();
  std::latch done(static_cast<std::ptrdiff_t>(impl_->units.size()));
  for (std::size_t i = 0; i < impl_->units.size(); ++i) {
    impl_->loops[i].post(
        [&unit = impl_->units[i], limit, &done] { net::spawn(unit.drain(limit, done)); });
  }
  done.wait();
  if (impl_->admin_server) {
    std::latch admin_done(1);
    impl_->loops[0].post(
        [this, &admin_done] { net::spawn(drain_admin(*impl_->admin_server, admin_done)); });
    admin_done.wait();
  }
}

void GatewayServer::stop() {
  if (!impl_->running) {
    return;
  }
  drain(std::chrono::milliseconds(0));
  impl_->loops.stop();
  impl_->running = false;
}

std::uint16_t GatewayServer::port(std::size_t listener) const {
  return impl_->ports[listener];
}
std::uint16_t GatewayServer::admin_port() const {
  return impl_->admin_port;
}
std::string GatewayServer::metrics_text() const {
  return impl_->metrics_text();
}
demand::Report GatewayServer::demand() const {
  return impl_->demand_report();
}
std::shared_ptr<const snapshot::Snapshot> GatewayServer::snapshot() const {
  return impl_->snapshot;
}

}  // namespace penstock::gateway
