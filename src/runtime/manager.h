#pragma once
// Starts and stops what a controller process consists of, in the right order. Knows informers,
// controllers, leadership and health; knows no kind.
//
//   start: informers → all synced → standing services → leadership → controllers and leader
//   services lost leadership: stop controllers and leader services, wait for their last pass, try
//   again stop: controllers → release the lease (the next leader starts at once) → services →
//   informers
//
// The gate of the client used by controllers closes by itself when the lease runs out, before
// anybody else can take it.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/wait.h"
#include "kube/connection.h"
#include "kube/informer.h"
#include "kube/leader_elector.h"
#include "runtime/controller.h"
#include "runtime/metrics.h"

namespace penstock::runtime {

struct ManagerOptions {
  std::chrono::seconds sync_deadline{120};
  std::chrono::seconds silent_after{180};  ///< an informer without news for so long is unhealthy
  std::chrono::seconds quiet_deadline{5};  ///< lost leadership: passes must have ended by then
  std::uint64_t seed = 1;
  /// Called when passes are still running at the quiet deadline; must not return. Default:
  /// _Exit(1), because a process that cannot stop writing must not go on.
  std::function<void()> on_stuck{};
};

class Manager {
 public:
  using Service = std::function<void(std::stop_token)>;

  /// `client` serves informers; `writer`, if not null, is the caller whose gate leadership closes.
  /// All references must outlive the manager.
  Manager(kube::Client& client, kube::Caller* writer, const Waiter& waiter, Metrics& metrics,
          ManagerOptions options = {});
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // Before run() only. References stay valid as long as the manager.
  kube::Informer& add_informer(const kube::Resource& resource, kube::InformerOptions options = {});
  Controller& add_controller(ControllerOptions options, Reconcile reconcile);
  /// Runs on every replica after the caches are synced.
  void add_service(std::string name, Service service);
  /// Runs while we lead.
  void add_leader_service(std::string name, Service service);
  /// Without an elector this replica leads always.
  void set_elector(kube::LeaderElector& elector);

  /// Blocks until stopped. Error kTimeout when the caches did not sync in time.
  [[nodiscard]] Result<> run(std::stop_token stop);

  /// Liveness: false only for what a restart would heal (an informer thread gone silent does not
  /// count while the API server is away for everybody).
  [[nodiscard]] Result<> healthy() const;
  /// Readiness: caches synced and standing services started.
  [[nodiscard]] Result<> ready() const;
  [[nodiscard]] bool leading() const noexcept { return leading_.load(); }

 private:
  struct Named {
    std::string name;
    Service run;
  };

  Result<> wait_synced(const std::stop_token& stop);
  void lead(const std::stop_token& stop);
  void elect(const std::stop_token& stop);
  void stop_in_time(std::vector<std::jthread>& threads);
  std::jthread start(const Named& service, std::stop_token stop) const;
  void report(const std::stop_token& stop);

  kube::Client& client_;
  kube::Caller* writer_;
  const Waiter& waiter_;
  Metrics& metrics_;
  const ManagerOptions options_;
  std::vector<std::unique_ptr<kube::Informer>> informers_;
  std::vector<std::unique_ptr<Controller>> controllers_;
  std::vector<Named> services_;
  std::vector<Named> leader_services_;
  kube::LeaderElector* elector_ = nullptr;
  std::atomic<bool> started_{false};
  std::atomic<bool> leading_{false};
};

}  // namespace penstock::runtime
