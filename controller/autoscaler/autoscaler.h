#pragma once
// Drives the scaling rule: every second, for every ModelDeployment with an engine, on the leader.
// Knows where signals come from and where decisions go; the judgement is in scaling/policy.h, what
// is said about it in scaler.h.
//
//   engines' /metrics ─┐                                        ┌▶ deletion costs of pods
//   gateways' demand  ─┼─▶ tick: one Scaler per deployment ─────┼▶ status (desiredReplicas, …)
//   pods, specs       ─┘   pure, a few microseconds each        └▶ events
//                                     ▲ at once when a call waits for a model that sleeps,
//                                       or when calls rise: it may be a step of load
//
// The reconciler of ModelDeployments sets the Deployment's replicas from the status: one owner, and
// a controller that dies in between leaves nothing half done.

#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/wait.h"
#include "controller/autoscaler/demand_book.h"
#include "controller/autoscaler/engine_book.h"
#include "controller/autoscaler/fleet.h"
#include "controller/autoscaler/metrics.h"
#include "controller/autoscaler/publisher.h"
#include "controller/autoscaler/scaler.h"
#include "controller/cache/caches.h"
#include "controller/fetch/fetcher.h"
#include "runtime/controller.h"

namespace penstock::controller::autoscaler {

inline constexpr std::string_view kFieldManager = "penstock-autoscaler";

class Autoscaler {
 public:
  /// Hands a key to the workers that write.
  using Enqueue = std::function<void(const kube::ObjectKey&)>;

  /// All must outlive it.
  Autoscaler(const cache::Caches& caches, Publisher& publisher, Enqueue enqueue,
             const Waiter& waiter);
  ~Autoscaler();

  /// Blocks until stopped; begins anew each time, from what the statuses say.
  void run(const std::stop_token& stop);

  /// A report that a replica of `gateway` ("namespace/name") sent by itself; its instance is the
  /// pod's name. Any thread. Error kUnavailable: not leading; kInvalid, kForbidden: not a report,
  /// or somebody else's.
  [[nodiscard]] Result<> report(const std::string& gateway, std::string_view body);

  /// One look at everything; for run() and for measurements. Fetches are aimed by it.
  void tick();
  /// Forgets everything.
  void reset();

  [[nodiscard]] const Metrics& metrics() const noexcept { return metrics_; }
  [[nodiscard]] DemandBook& demand() noexcept { return demand_; }
  [[nodiscard]] EngineBook& engines() noexcept { return engines_; }

 private:
  struct Record {
    std::string version;  ///< of the object that was read
    std::string uid;
    std::string group;  ///< of its pods
    Asked asked;
    std::optional<Scaler> scaler;
    bool busy = false;      ///< calls run, wait or come
    bool measured = false;  ///< an engine of it was read once
    bool seen = false;
  };

  Record* record_of(const kube::Object& object);
  void decide(const kube::ObjectKey& key, Record& record);
  void look_at_callers();
  void aim_fetchers();
  struct Urgent {
    std::set<std::string> waited_for;
    std::set<std::string> rising;
    [[nodiscard]] bool empty() const { return waited_for.empty() && rising.empty(); }
  };
  void tick_urgent(const Urgent& urgent);
  void read_profiles();
  void took_engine(const std::string& uid, const fetch::Fetched& got);
  void took_gateway(const std::string& pod, const fetch::Fetched& got);
  void wake(const DemandBook::Urgent& urgent);

  const cache::Caches& caches_;
  Publisher& publisher_;
  const Enqueue enqueue_;
  const Waiter& waiter_;
  Metrics metrics_;
  DemandBook demand_;
  EngineBook engines_;
  fetch::Fetcher engine_fetcher_;
  fetch::Fetcher gateway_fetcher_;

  // Of the thread of run().
  std::unordered_map<kube::ObjectKey, Record> records_;
  Fleet fleet_;
  Callers callers_;
  SteadyTime callers_looked_{};
  std::vector<crd::AcceleratorProfile> profiles_;
  std::string profiles_version_;
  std::vector<fetch::Target> engine_targets_;
  std::vector<fetch::Target> gateway_targets_;
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  Urgent urgent_;         // guarded by mutex_
  bool running_ = false;  // guarded by mutex_
};

}  // namespace penstock::controller::autoscaler
