#include "controller/consumer/reconciler.h"

#include "controller/condition/report.h"
#include "controller/consumer/decide.h"
#include "controller/consumer/observe.h"
#include "controller/consumer/status.h"

namespace penstock::controller::consumer {
namespace {

std::vector<kube::ObjectKey> keys_of(const std::vector<kube::Object>& objects) {
  std::vector<kube::ObjectKey> keys;
  keys.reserve(objects.size());
  for (const auto& object : objects) {
    keys.push_back(object.key());
  }
  return keys;
}

}  // namespace

Reconciler::Reconciler(const cache::Caches& caches, kube::Applier& applier,
                       kube::WriteTracker& writes, kube::EventRecorder& events)
    : caches_(caches), applier_(applier), writes_(writes), events_(events) {}

Result<runtime::Next> Reconciler::reconcile(const runtime::Pass& pass) {
  const kube::Object object = caches_.consumers.get(pass.key);
  if (object.empty()) {
    applier_.forget(kube::resources::kConsumers, pass.key);
    return runtime::Next::done();
  }
  if (object.deleting()) {
    return runtime::Next::done();
  }
  PENSTOCK_TRY(input, observe(caches_, object, pass.wall_now));
  const Plan plan = decide(input);
  const auto status = status_of(input, plan);
  const condition::Pen pen{applier_, writes_, events_, *caches_.consumers.of(pass.key.name_space)};
  PENSTOCK_CHECK_OK(condition::report(pen, pass, object, status_intent(input.object, status),
                                      news(input.object.status, status)));
  return plan.look_again ? runtime::Next::again_after(*plan.look_again) : runtime::Next::done();
}

void watch(cache::Caches& caches, runtime::Controller& controller) {
  const auto* view = &caches;
  caches.consumers.add_handler(controller.wake_self());
  // One key, two Consumers: what becomes of one decides about the other.
  caches.consumers.add_handler(controller.wake(
      [view](const kube::Object& object) { return keys_of(sharing_keys(*view, object)); }));
  caches.secrets.add_handler(controller.wake(
      [view](const kube::Object& secret) { return keys_of(presenting(*view, secret)); }));
}

}  // namespace penstock::controller::consumer
