#include "controller/modelroute/reconciler.h"

#include "controller/condition/report.h"
#include "controller/modelroute/decide.h"
#include "controller/modelroute/observe.h"
#include "controller/modelroute/status.h"

namespace penstock::controller::modelroute {
namespace {

std::vector<kube::ObjectKey> keys_of(const std::vector<kube::Object>& objects) {
  std::vector<kube::ObjectKey> keys;
  keys.reserve(objects.size());
  for (const auto& object : objects) {
    keys.push_back(object.key());
  }
  return keys;
}

/// Whose conditions or spec a route's verdict depends on. A change of a deployment's Secret changes
/// that deployment's conditions, and so arrives here too.
std::vector<kube::ObjectKey> routes_by(const cache::Informers& routes, std::string_view index,
                                       const kube::Object& object) {
  return keys_of(routes.by_index(index, object.key().full_name()));
}

}  // namespace

Reconciler::Reconciler(const cache::Caches& caches, kube::Applier& applier,
                       kube::WriteTracker& writes, kube::EventRecorder& events,
                       std::string cluster_residency)
    : caches_(caches),
      applier_(applier),
      writes_(writes),
      events_(events),
      cluster_residency_(std::move(cluster_residency)) {}

Result<runtime::Next> Reconciler::reconcile(const runtime::Pass& pass) {
  const kube::Object object = caches_.model_routes.get(pass.key);
  if (object.empty()) {
    applier_.forget(kube::resources::kModelRoutes, pass.key);
    return runtime::Next::done();
  }
  if (object.deleting()) {
    return runtime::Next::done();
  }
  PENSTOCK_TRY(input, observe(caches_, object, cluster_residency_, pass.wall_now));
  const Plan plan = decide(input);
  const auto status = status_of(input, plan);
  const condition::Pen pen{applier_, writes_, events_,
                           *caches_.model_routes.of(pass.key.name_space)};
  PENSTOCK_CHECK_OK(condition::report(pen, pass, object, status_intent(input.object, status),
                                      news(input.object.status, status)));
  return runtime::Next::done();
}

void watch(cache::Caches& caches, runtime::Controller& controller) {
  const auto* routes = &caches.model_routes;
  caches.model_routes.add_handler(controller.wake_self());
  caches.inference_gateways.add_handler(controller.wake([routes](const kube::Object& object) {
    return routes_by(*routes, cache::kByGateway, object);
  }));
  caches.model_deployments.add_handler(controller.wake([routes](const kube::Object& object) {
    return routes_by(*routes, cache::kByDeployment, object);
  }));
  // Its labels may be what a deployment is shared with.
  caches.namespaces.add_handler(controller.wake([routes](const kube::Object& object) {
    return keys_of(routes->in_namespace(object.name()));
  }));
}

}  // namespace penstock::controller::modelroute
