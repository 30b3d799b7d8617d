#pragma once
// Consumers: observe, decide, status. They have no children: gateways get the digests of their keys
// with the configuration, and the keys themselves stay in their Secrets.

#include <string_view>

#include "controller/cache/caches.h"
#include "kube/applier.h"
#include "kube/event_recorder.h"
#include "runtime/controller.h"

namespace penstock::controller::consumer {

inline constexpr std::string_view kFieldManager = "penstock-consumer";

class Reconciler {
 public:
  /// All must outlive the reconciler; `applier` carries kFieldManager.
  Reconciler(const cache::Caches& caches, kube::Applier& applier, kube::WriteTracker& writes,
             kube::EventRecorder& events);

  [[nodiscard]] Result<runtime::Next> reconcile(const runtime::Pass& pass);

 private:
  const cache::Caches& caches_;
  kube::Applier& applier_;
  kube::WriteTracker& writes_;
  kube::EventRecorder& events_;
};

/// Registers what wakes Consumers. Before the manager runs.
void watch(cache::Caches& caches, runtime::Controller& controller);

}  // namespace penstock::controller::consumer
