#pragma once
// Runs one reconcile function over a queue of keys with a few threads. Knows passes, their ends and
// their retries; knows no kind.
//
// A pass is level-based: it gets a key, never an event. It ends done, with a wish to come again at
// a time, or with an error (then it comes again by itself, later and later). A pass that throws is
// an error of that key, not of the process. A key waits while a cache does not show yet what its
// last pass wrote (kube/write_tracker.h).

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/wait.h"
#include "kube/informer.h"
#include "kube/write_tracker.h"
#include "runtime/metrics.h"
#include "runtime/work_queue.h"

namespace penstock::runtime {

/// How a pass without an error ended.
struct Next {
  std::optional<std::chrono::milliseconds> after;  ///< only for what time alone changes
  static Next done() { return {}; }
  static Next again_after(std::chrono::milliseconds wait) { return {wait}; }
};

/// One run of reconcile.
struct Pass {
  kube::ObjectKey key;
  std::string id;    ///< for every log line of the pass: "reconcileId"
  int failures = 0;  ///< in a row before this one
  SteadyTime now;
  WallTime wall_now;
  std::stop_token stop;  ///< to hand to every call of the client
};

using Reconcile = std::function<Result<Next>(const Pass&)>;

struct ControllerOptions {
  std::string name{};  ///< "modeldeployment"
  int workers = 4;
  RateLimits limits{};
  std::uint64_t seed = 1;
};

/// Passes on what comes and goes, and changes of the spec; no change of status, labels or
/// annotations. For objects with a generation.
[[nodiscard]] kube::Informer::Handler on_new_spec(kube::Informer::Handler next);

class Controller {
 public:
  /// `waiter` and `metrics` must outlive the controller.
  Controller(ControllerOptions options, Reconcile reconcile, const Waiter& waiter,
             Metrics& metrics);

  /// Work for the key is wanted. Any thread, at any time, also before run().
  void enqueue(const kube::ObjectKey& key) { queue_.add(key); }

  /// Handler for an informer of the controller's own kind: every change wakes its key. A change of
  /// generation forgives earlier failures.
  [[nodiscard]] kube::Informer::Handler wake_self();
  /// Handler for children: wakes the owner of that kind, before and after the change.
  [[nodiscard]] kube::Informer::Handler wake_owner(std::string_view owner_kind);
  /// Handler for anything else: `keys` says who is concerned.
  [[nodiscard]] kube::Informer::Handler wake(
      std::function<std::vector<kube::ObjectKey>(const kube::Object&)> keys);

  /// Blocks until stopped and every pass has ended. May be called again after that.
  void run(std::stop_token stop);

  [[nodiscard]] kube::WriteTracker& writes() noexcept { return writes_; }
  [[nodiscard]] const std::string& name() const noexcept { return options_.name; }
  [[nodiscard]] QueueNumbers numbers() const { return queue_.numbers(); }

 private:
  void work(const std::stop_token& stop);
  void pass(const QueueCore::Item& item, const std::stop_token& stop);
  Result<Next> guarded(const Pass& pass) const;

  const ControllerOptions options_;
  const Reconcile reconcile_;
  const Waiter& waiter_;
  Metrics& metrics_;
  WorkQueue queue_;
  kube::WriteTracker writes_;
  std::atomic<std::uint64_t> passes_{0};
};

}  // namespace penstock::runtime
