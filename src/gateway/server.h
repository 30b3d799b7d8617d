#pragma once
// The gateway as one object: listeners, cores, admin door. For the composition root (standalone,
// the gateway command) and tests. Knows how to start, change, drain and stop; what a call means is
// gateway/core's.
//
//   auto server = GatewayServer::start(settings, snapshot);      // listening when it returns
//   (*server)->apply(next_snapshot);                             // running streams keep theirs
//   (*server)->drain(30s);                                       // on SIGTERM; then destroy
//
// Thread: every method from one controlling thread that is not a core's; apply() also while another
// one is in drain(), so that calls that wait may still get their endpoint.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/core/usage_record.h"
#include "gateway/demand/report.h"
#include "gateway/snapshot/snapshot.h"
#include "telemetry/registry.h"

namespace penstock::gateway {

struct AdminAddress {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 picks one
};

struct ServerSettings {
  std::vector<snapshot::Listener>
      listeners;  ///< port 0 picks one; addresses and ports stay for the server's life
  std::optional<AdminAddress> admin;
  std::size_t cores = 1;
  /// One sink per core, or none. Called on the starting thread.
  std::function<std::unique_ptr<UsageSink>(std::size_t core)> usage_sink;
  /// Where access log lines go, for configurations that want them; -1 = nowhere. Must stay open.
  int access_log_descriptor = -1;
  /// Names this process in demand reports; empty = a random name.
  std::string instance;
  /// The first call on a core begins to wait for a deployment: a report sent now says so without
  /// delay. Called on that core's thread; must not block.
  std::function<void()> on_first_wait;
  /// Served on /metrics beside the cores' own; must outlive the server.
  std::vector<const telemetry::Registry*> more_metrics;
  std::optional<std::uint64_t>
      seed;  ///< of chance in balancing; absent = from the operating system
};

class GatewayServer {
 public:
  /// kInvalid: a certificate or address; kUnavailable: a port in use.
  [[nodiscard]] static Result<std::unique_ptr<GatewayServer>> start(
      ServerSettings settings, std::shared_ptr<const snapshot::Snapshot> snapshot);
  ~GatewayServer();  ///< stop()
  GatewayServer(const GatewayServer&) = delete;
  GatewayServer& operator=(const GatewayServer&) = delete;

  /// New calls on every core see it within milliseconds. A listener of the same name takes a new
  /// certificate for new connections; if that certificate is bad the old one stays and the error
  /// says so.
  Result<> apply(const std::shared_ptr<const snapshot::Snapshot>& snapshot);

  /// /readyz says no from now on; calls are still taken (so that load balancers can move away
  /// first).
  void announce_drain();

  /// Stops accepting, lets running calls finish up to `limit`, then cuts them. Calls that wait for
  /// an endpoint may do so until shortly before, and are refused then. Returns when none is left.
  void drain(std::chrono::milliseconds limit);

  /// Cuts what runs and ends the cores' threads. Idempotent.
  void stop();

  [[nodiscard]] std::uint16_t port(std::size_t listener = 0) const;
  [[nodiscard]] std::uint16_t admin_port() const;  ///< 0 without an admin door
  [[nodiscard]] std::string metrics_text() const;
  /// What this replica was asked for so far, and what waits now. Any thread, between start and
  /// destruction; cheap enough for once a second. Each report has the next sequence number.
  [[nodiscard]] demand::Report demand() const;
  [[nodiscard]] std::shared_ptr<const snapshot::Snapshot> snapshot()
      const;  ///< the one applied last

 private:
  struct Impl;
  explicit GatewayServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::gateway
