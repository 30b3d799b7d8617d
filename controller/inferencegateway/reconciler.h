#pragma once
// InferenceGateways: observe, decide, desired, apply, status. Knows the order of the steps and what
// wakes them; every judgement is next door, in pure files.

#include <functional>
#include <optional>
#include <string>

#include "controller/cache/caches.h"
#include "controller/child/apply.h"
#include "controller/inferencegateway/desired.h"
#include "controller/inferencegateway/identity.h"
#include "kube/event_recorder.h"
#include "runtime/controller.h"

namespace penstock::controller::inferencegateway {

inline constexpr std::string_view kFieldManager = "penstock-inferencegateway";

/// What the command line says.
struct Settings {
  Image image;
  std::string cluster_residency;   ///< of this cluster's engines, "EU"; empty: unknown
  std::optional<Stream> stream{};  ///< absent: gateways are not told of the controller
};

class Reconciler {
 public:
  /// Fills in which configuration replicas run (replica_versions.h); a seam for tests.
  using AskVersions =
      std::function<void(std::vector<Replica>&, std::uint16_t, const std::stop_token&)>;

  /// All must outlive the reconciler; `hands.applier` carries kFieldManager.
  Reconciler(const cache::Caches& caches, child::Hands hands, kube::EventRecorder& events,
             Settings settings, AskVersions ask_versions);

  [[nodiscard]] Result<runtime::Next> reconcile(const runtime::Pass& pass);

 private:
  const cache::Caches& caches_;
  child::Hands hands_;
  kube::EventRecorder& events_;
  const Settings settings_;
  const AskVersions ask_versions_;
};

/// Registers what wakes InferenceGateways. Before the manager runs.
void watch(cache::Caches& caches, runtime::Controller& controller);

}  // namespace penstock::controller::inferencegateway
