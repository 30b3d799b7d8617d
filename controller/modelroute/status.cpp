#include "controller/modelroute/status.h"

#include <nlohmann/json.hpp>

#include "controller/modelroute/reasons.h"
#include "runtime/conditions.h"

namespace penstock::controller::modelroute {
namespace {

using runtime::ConditionSet;

void put_accepted(const Plan& plan, ConditionSet& set) {
  if (!plan.any_accepted() && !plan.gateways.empty()) {
    const auto& why = *plan.gateways.front().refused;
    set.set_false("Accepted", why.reason, why.message);
  } else if (plan.ignored) {
    set.set_true("Accepted", kPartlyApplied, plan.ignored->message);
  } else {
    set.set_true("Accepted", kAccepted, "a gateway takes the route");
  }
}

void put_resolved(const Plan& plan, ConditionSet& set) {
  if (plan.unresolved) {
    set.set_false("ResolvedRefs", plan.unresolved->reason, plan.unresolved->message);
  } else {
    set.set_true("ResolvedRefs", kResolvedRefs,
                 "all gateways and deployments were found and may be used");
  }
}

void put_programmed(const Input& input, const Plan& plan, ConditionSet& set) {
  for (const auto& gateway : plan.gateways) {
    if (gateway.refused) {
      set.set_false("Programmed", gateway.refused->reason, gateway.refused->message);
      return;
    }
  }
  for (const auto& gateway : plan.gateways) {
    if (!gateway.programmed) {
      const std::string name = gateway.ref.namespace_.value_or(input.object.metadata.namespace_) +
                               "/" + gateway.ref.name;
      set.set_false("Programmed", kGatewayNotProgrammed,
                    "InferenceGateway " + name +
                        " does not run the current configuration yet; see its conditions");
      return;
    }
  }
  set.set_true("Programmed", kProgrammed, "the route is in force at all its gateways");
}

crd::model_route::GatewayStatus gateway_status(const GatewayVerdict& verdict) {
  crd::model_route::GatewayStatus out;
  out.gateway_ref = verdict.ref;
  out.accepted = !verdict.refused;
  out.reason = verdict.refused ? verdict.refused->reason : std::string(kAccepted);
  if (verdict.refused) {
    out.message = verdict.refused->message;
  }
  return out;
}

}  // namespace

crd::model_route::Status status_of(const Input& input, const Plan& plan) {
  crd::model_route::Status out;
  const auto& metadata = input.object.metadata;
  out.observed_generation = metadata.generation;
  for (const auto& gateway : plan.gateways) {
    out.gateways.push_back(gateway_status(gateway));
  }
  ConditionSet set({"Accepted", "ResolvedRefs", "Programmed"}, input.object.status.conditions,
                   metadata.generation, input.now);
  put_accepted(plan, set);
  put_resolved(plan, set);
  put_programmed(input, plan, set);
  out.conditions = set.finish();
  return out;
}

kube::Object status_intent(const crd::ModelRoute& object, const crd::model_route::Status& status) {
  json::Value out = {{"apiVersion", crd::kApiVersion},
                     {"kind", crd::ModelRoute::kKind},
                     {"metadata",
                      {{"name", object.metadata.name},
                       {"namespace", object.metadata.namespace_},
                       {"uid", object.metadata.uid}}}};
  crd::model_route::write_value(out["status"], status);
  return kube::Object(std::move(out));
}

std::vector<condition::Announcement> news(const crd::model_route::Status& before,
                                          const crd::model_route::Status& after) {
  return condition::announcements(before.conditions, after.conditions,
                                  {.types = {"Accepted", "ResolvedRefs", "Programmed"},
                                   .calm = {kGatewayNotProgrammed},
                                   .silent = {}});
}

}  // namespace penstock::controller::modelroute
