#include "controller/inferencegateway/reconciler.h"

#include <algorithm>

#include "base/log.h"
#include "controller/condition/report.h"
#include "controller/inferencegateway/decide.h"
#include "controller/inferencegateway/names.h"
#include "controller/inferencegateway/observe.h"
#include "controller/inferencegateway/status.h"

namespace penstock::controller::inferencegateway {
namespace {

namespace res = kube::resources;

/// A replica takes a new configuration over within milliseconds; so long until it is asked.
constexpr std::chrono::milliseconds kFirstLook{300};
constexpr std::chrono::seconds kNextLook{2};
constexpr std::chrono::seconds kNextTry{30};
/// Between two passes that only time has called for.
constexpr std::chrono::milliseconds kSoonest{1'000};

std::chrono::milliseconds until(WallTime when, WallTime now) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(when - now), kSoonest);
}

/// A certificate that cannot be made delays no configuration: the Secret's watch needs none.
WallTime renew(std::optional<Identity>& identity, const runtime::Pass& pass, const Stream& stream) {
  const auto at =
      renew_identity(identity, {pass.key.name_space, pass.key.name}, stream, pass.wall_now);
  if (!at) {
    log::warn("a gateway's certificate cannot be renewed",
              {{"gateway", pass.key.full_name()}, {"error", at.error().to_string()}});
    return pass.wall_now + kNextTry;
  }
  return *at;
}

/// Only changes of the spec or the labels: a configuration does not depend on any status.
kube::Informer::Handler on_new_spec(kube::Informer::Handler next) {
  return [next = std::move(next)](const kube::Change& change) {
    const auto* updated = std::get_if<kube::Updated>(&change);
    if (updated == nullptr || updated->before.generation() != updated->after.generation() ||
        updated->before.deleting() != updated->after.deleting()) {
      next(change);
    }
  };
}

}  // namespace

Reconciler::Reconciler(const cache::Caches& caches, child::Hands hands, kube::EventRecorder& events,
                       Settings settings, AskVersions ask_versions)
    : caches_(caches),
      hands_(std::move(hands)),
      events_(events),
      settings_(std::move(settings)),
      ask_versions_(std::move(ask_versions)) {}

Result<runtime::Next> Reconciler::reconcile(const runtime::Pass& pass) {
  const kube::Object object = caches_.inference_gateways.get(pass.key);
  if (object.empty()) {
    child::forget_children(hands_, pass.key.name_space, all_slots(pass.key.name));
    hands_.applier.forget(res::kInferenceGateways, pass.key);
    return runtime::Next::done();
  }
  if (object.deleting()) {
    return runtime::Next::done();  // garbage collection takes the children
  }
  PENSTOCK_TRY(input, observe(caches_, object, pass.wall_now));
  input.resources.cluster_residency = settings_.cluster_residency;
  const Plan plan = decide(input);
  std::optional<WallTime> renew_at;
  if (settings_.stream) {
    renew_at = renew(input.identity, pass, *settings_.stream);
  }
  Result<> applied;
  if (plan.can_deploy()) {
    applied = child::sync_children(hands_, object, desired(input, plan, settings_.image),
                                   all_slots(object.name()), pass.stop);
  }
  // Last, so that the configuration is out before anybody is waited for.
  ask_versions_(input.replicas, plan.admin_port, pass.stop);
  const auto status = status_of(input, plan, condition::apply_finding(applied, pass.failures));
  const condition::Pen pen{hands_.applier, hands_.writes, events_,
                           *caches_.inference_gateways.of(pass.key.name_space)};
  PENSTOCK_CHECK_OK(condition::report(pen, pass, object, status_intent(input.object, status),
                                      news(input.object.status, status)));
  PENSTOCK_CHECK_OK(std::move(applied));
  if (plan.can_deploy() && !all_current(input, plan)) {
    const bool fresh = input.delivered_version != plan.document.version;
    return runtime::Next::again_after(fresh ? kFirstLook : kNextLook);
  }
  return renew_at ? runtime::Next::again_after(until(*renew_at, pass.wall_now))
                  : runtime::Next::done();
}

void watch(cache::Caches& caches, runtime::Controller& controller) {
  caches.inference_gateways.add_handler(controller.wake_self());
  const auto owner = controller.wake_owner(crd::InferenceGateway::kKind);
  for (auto* children :
       {&caches.deployments, &caches.services, &caches.service_accounts, &caches.budgets,
        &caches.roles, &caches.role_bindings, &caches.network_policies, &caches.secrets}) {
    children->add_handler(owner);
  }
  const auto* gateways = &caches.inference_gateways;
  const auto all = [gateways](const kube::Object& object) {
    std::vector<kube::ObjectKey> keys;
    if (!object.label(child::kGatewayLabel)) {  // children of a gateway wake their owner only
      for (const auto& gateway : gateways->list()) {
        keys.push_back(gateway.key());
      }
    }
    return keys;
  };
  for (auto* inputs : {&caches.model_deployments, &caches.model_routes}) {
    inputs->add_handler(on_new_spec(controller.wake(all)));
  }
  for (auto* inputs :
       {&caches.consumers, &caches.secrets, &caches.namespaces, &caches.endpoint_slices}) {
    inputs->add_handler(controller.wake(all));
  }
  caches.pods.add_handler(controller.wake([gateways](const kube::Object& pod) {
    std::vector<kube::ObjectKey> keys;
    const auto label = pod.label(child::kGatewayLabel);
    if (label) {
      for (const auto& gateway : gateways->in_namespace(pod.name_space())) {
        if (child::label_value(gateway.name()) == *label) {
          keys.push_back(gateway.key());
        }
      }
    }
    return keys;
  }));
}

}  // namespace penstock::controller::inferencegateway
