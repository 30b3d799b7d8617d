#include "controller/modeldeployment/reconciler.h"

#include "controller/cache/references.h"
#include "controller/child/names.h"
#include "controller/condition/report.h"
#include "controller/modeldeployment/decide.h"
#include "controller/modeldeployment/desired.h"
#include "controller/modeldeployment/observe.h"
#include "controller/modeldeployment/status.h"

namespace penstock::controller::modeldeployment {
namespace {

namespace res = kube::resources;

std::vector<kube::ObjectKey> keys_of(const std::vector<kube::Object>& objects) {
  std::vector<kube::ObjectKey> keys;
  keys.reserve(objects.size());
  for (const auto& object : objects) {
    keys.push_back(object.key());
  }
  return keys;
}

}  // namespace

Reconciler::Reconciler(const cache::Caches& caches, child::Hands hands, kube::EventRecorder& events)
    : caches_(caches), hands_(std::move(hands)), events_(events) {}

Result<runtime::Next> Reconciler::reconcile(const runtime::Pass& pass) {
  const kube::Object object = caches_.model_deployments.get(pass.key);
  if (object.empty()) {
    child::forget_children(hands_, pass.key.name_space, all_slots(pass.key.name));
    hands_.applier.forget(res::kModelDeployments, pass.key);
    return runtime::Next::done();
  }
  if (object.deleting()) {
    return runtime::Next::done();  // garbage collection takes the children
  }
  PENSTOCK_TRY(input, observe(caches_, object, pass.wall_now));
  const Plan plan = decide(input);
  Result<> applied;
  if (plan.can_deploy()) {
    applied = child::sync_children(hands_, object, desired(input, plan), all_slots(object.name()),
                                   pass.stop);
  }
  const auto status = status_of(input, plan, condition::apply_finding(applied, pass.failures));
  const condition::Pen pen{hands_.applier, hands_.writes, events_,
                           *caches_.model_deployments.of(pass.key.name_space)};
  PENSTOCK_CHECK_OK(condition::report(pen, pass, object, status_intent(input.object, status),
                                      news(input.object.status, status)));
  PENSTOCK_CHECK_OK(std::move(applied));
  return runtime::Next::done();
}

void watch(cache::Caches& caches, runtime::Controller& controller) {
  caches.model_deployments.add_handler(controller.wake_self());
  const auto owner = controller.wake_owner(crd::ModelDeployment::kKind);
  for (auto* children : {&caches.deployments, &caches.services, &caches.service_accounts,
                         &caches.claims, &caches.budgets}) {
    children->add_handler(owner);
  }
  const auto* deployments = &caches.model_deployments;
  caches.pods.add_handler(controller.wake([deployments](const kube::Object& pod) {
    const auto label = pod.label(child::kDeploymentLabel);
    return label ? keys_of(deployments->by_index(cache::kByLabel, pod.name_space() + "/" + *label))
                 : std::vector<kube::ObjectKey>();
  }));
  caches.secrets.add_handler(controller.wake([deployments](const kube::Object& secret) {
    return keys_of(deployments->by_index(cache::kBySecret, secret.key().full_name()));
  }));
  // A client's fallback is any deployment of any namespace, or what that one falls back to; there
  // are few clients. The labels of their namespace may be what the fallback is shared with.
  const auto clients = [deployments](const kube::Object&) {
    return keys_of(deployments->by_index(cache::kClients, std::string(cache::kAnyClient)));
  };
  caches.model_deployments.add_handler(runtime::on_new_spec(controller.wake(clients)));
  caches.namespaces.add_handler(controller.wake(clients));
  caches.accelerator_profiles.add_handler(
      controller.wake([deployments](const kube::Object& profile) {
        return keys_of(deployments->by_index(cache::kByProfile, profile.name()));
      }));
}

}  // namespace penstock::controller::modeldeployment
