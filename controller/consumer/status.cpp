#include "controller/consumer/status.h"

#include <nlohmann/json.hpp>

#include "controller/consumer/reasons.h"
#include "runtime/conditions.h"

namespace penstock::controller::consumer {

crd::consumer::Status status_of(const Input& input, const Plan& plan) {
  crd::consumer::Status out;
  out.observed_generation = input.object.metadata.generation;
  for (const auto& credential : plan.credentials) {
    crd::consumer::StatusCredential item;
    item.name = credential.name;
    item.accepted = !credential.problem;
    item.reason = credential.problem ? credential.problem->reason : std::string(kAccepted);
    if (!credential.key_prefix.empty()) {
      item.key_prefix = credential.key_prefix;
    }
    out.credentials.push_back(std::move(item));
  }
  runtime::ConditionSet set({"Accepted", "Active"}, input.object.status.conditions,
                            input.object.metadata.generation, input.now);
  const auto* problem = plan.first_problem();
  if (problem == nullptr) {
    set.set_true("Accepted", kAccepted, "all credentials can be used");
  } else if (plan.any_usable()) {
    set.set_true("Accepted", kPartlyAccepted, "one credential cannot be used: " + problem->message);
  } else {
    set.set_false("Accepted", problem->reason, problem->message);
  }
  if (plan.barred) {
    set.set_false("Active", plan.barred->reason, plan.barred->message);
  } else {
    set.set_true("Active", kActive, "calls with a credential of this Consumer are let in");
  }
  out.conditions = set.finish();
  return out;
}

kube::Object status_intent(const crd::Consumer& object, const crd::consumer::Status& status) {
  json::Value out = {{"apiVersion", crd::kApiVersion},
                     {"kind", crd::Consumer::kKind},
                     {"metadata",
                      {{"name", object.metadata.name},
                       {"namespace", object.metadata.namespace_},
                       {"uid", object.metadata.uid}}}};
  crd::consumer::write_value(out["status"], status);
  return kube::Object(std::move(out));
}

std::vector<condition::Announcement> news(const crd::consumer::Status& before,
                                          const crd::consumer::Status& after) {
  return condition::announcements(
      before.conditions, after.conditions,
      {.types = {"Accepted", "Active"}, .calm = {kSuspended}, .silent = {}});
}

}  // namespace penstock::controller::consumer
