#pragma once
// ModelDeployments: observe, decide, desired, apply, status. Knows the order of the steps and what
// wakes them; every judgement is next door, in pure files.

#include "controller/cache/caches.h"
#include "controller/child/apply.h"
#include "kube/event_recorder.h"
#include "runtime/controller.h"

namespace penstock::controller::modeldeployment {

inline constexpr std::string_view kFieldManager = "penstock-modeldeployment";

class Reconciler {
 public:
  /// All must outlive the reconciler; `hands.applier` carries kFieldManager.
  Reconciler(const cache::Caches& caches, child::Hands hands, kube::EventRecorder& events);

  [[nodiscard]] Result<runtime::Next> reconcile(const runtime::Pass& pass);

 private:
  const cache::Caches& caches_;
  child::Hands hands_;
  kube::EventRecorder& events_;
};

/// Registers what wakes ModelDeployments. Before the manager runs.
void watch(cache::Caches& caches, runtime::Controller& controller);

}  // namespace penstock::controller::modeldeployment
