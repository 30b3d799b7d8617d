#pragma once
// ModelRoutes: observe, decide, status. They have no children: gateways get them compiled,
// with their configuration (controller/snapshot).

#include <string>
#include <string_view>

#include "controller/cache/caches.h"
#include "kube/applier.h"
#include "kube/event_recorder.h"
#include "runtime/controller.h"

namespace penstock::controller::modelroute {

inline constexpr std::string_view kFieldManager = "penstock-modelroute";

class Reconciler {
 public:
  /// All must outlive the reconciler; `applier` carries kFieldManager.
  Reconciler(const cache::Caches& caches, kube::Applier& applier, kube::WriteTracker& writes,
             kube::EventRecorder& events, std::string cluster_residency);

  [[nodiscard]] Result<runtime::Next> reconcile(const runtime::Pass& pass);

 private:
  const cache::Caches& caches_;
  kube::Applier& applier_;
  kube::WriteTracker& writes_;
  kube::EventRecorder& events_;
  const std::string cluster_residency_;
};

/// Registers what wakes ModelRoutes. Before the manager runs.
void watch(cache::Caches& caches, runtime::Controller& controller);

}  // namespace penstock::controller::modelroute
