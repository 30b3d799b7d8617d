#include "controller/inferencegateway/status.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "controller/inferencegateway/desired.h"
#include "controller/inferencegateway/names.h"
#include "controller/inferencegateway/reasons.h"
#include "runtime/conditions.h"

namespace penstock::controller::inferencegateway {
namespace {

namespace igw = crd::inference_gateway;
using condition::Finding;
using runtime::ConditionSet;

void put_accepted(const Plan& plan, ConditionSet& set) {
  if (plan.refused) {
    set.set_false("Accepted", plan.refused->reason, plan.refused->message);
  } else if (plan.partly) {
    set.set_true("Accepted", plan.partly->reason, plan.partly->message);
  } else {
    set.set_true("Accepted", kAccepted, "the spec can be carried out");
  }
}

/// Replicas need a moment after a new configuration was written; what was said before it stands.
bool just_delivered(const Input& input, const Plan& plan) {
  return !plan.document.version.empty() && input.delivered_version != plan.document.version;
}

void put_programmed(const Input& input, const Plan& plan, const std::optional<Finding>& failure,
                    ConditionSet& set) {
  for (const auto* cause : {&plan.refused, &plan.oversized, &failure}) {
    if (*cause) {
      set.set_false("Programmed", (*cause)->reason, (*cause)->message);
      return;
    }
  }
  if (plan.replicas == 0) {
    set.set_false("Programmed", kScaledToZero,
                  "no replica is wanted; set spec.replicas to 1 or more to serve calls");
  } else if (input.workload.ready == 0) {
    set.set_false("Programmed", kStarting,
                  "no gateway pod takes calls yet; if this lasts, see kubectl describe pods -n " +
                      input.object.metadata.namespace_ + " -l " +
                      child::selector_text(selector_labels(input.object)));
  } else if (!all_current(input, plan) && !just_delivered(input, plan)) {
    set.set_false("Programmed", kPropagating,
                  "not every ready gateway pod runs the newest configuration yet");
  } else {
    set.set_true("Programmed", kProgrammed, "the ready gateway pods run the configuration");
  }
}

void add_address(igw::Status& out, igw::AddressType type, std::string value) {
  igw::Address address;
  address.type = type;
  address.value = std::move(value);
  out.addresses.push_back(std::move(address));
}

/// From the most public to the innermost.
void put_addresses(const Input& input, igw::Status& out) {
  const auto& service = input.service;
  for (const auto& hostname : service.ingress_hostnames) {
    add_address(out, igw::AddressType::kHostname, hostname);
  }
  for (const auto& ip : service.ingress_ips) {
    add_address(out, igw::AddressType::kIPAddress, ip);
  }
  if (!service.cluster_ip.empty()) {
    const auto& metadata = input.object.metadata;
    add_address(out, igw::AddressType::kHostname,
                gateway_name(metadata.name) + "." + metadata.namespace_ + ".svc");
    add_address(out, igw::AddressType::kIPAddress, service.cluster_ip);
  }
}

/// Absent when no replica could be asked: a controller outside the cluster may not reach pods.
std::optional<std::int32_t> current_replicas(const Input& input, const Plan& plan) {
  const bool asked =
      std::ranges::any_of(input.replicas, [](const auto& r) { return r.version.has_value(); });
  if (!asked) {
    return std::nullopt;
  }
  return static_cast<std::int32_t>(std::ranges::count_if(input.replicas, [&](const auto& replica) {
    return replica.version == plan.document.version;
  }));
}

}  // namespace

bool all_current(const Input& input, const Plan& plan) {
  return std::ranges::none_of(input.replicas, [&](const auto& replica) {
    return replica.version && *replica.version != plan.document.version;
  });
}

igw::Status status_of(const Input& input, const Plan& plan, const std::optional<Finding>& failure) {
  igw::Status out;
  const auto& object = input.object;
  out.observed_generation = object.metadata.generation;
  put_addresses(input, out);
  out.replicas = input.workload.replicas;
  out.ready_replicas = input.workload.ready;
  out.attached_routes = static_cast<std::int32_t>(plan.document.routes.size());
  if (plan.can_deploy()) {
    out.snapshot_version = plan.document.version;
    out.snapshot_replicas = current_replicas(input, plan);
  } else if (!input.delivered_version.empty()) {
    out.snapshot_version = input.delivered_version;
  }
  ConditionSet set({"Accepted", "Programmed"}, object.status.conditions, object.metadata.generation,
                   input.now);
  put_accepted(plan, set);
  put_programmed(input, plan, failure, set);
  out.conditions = set.finish();
  return out;
}

kube::Object status_intent(const crd::InferenceGateway& object, const igw::Status& status) {
  json::Value out = {{"apiVersion", crd::kApiVersion},
                     {"kind", crd::InferenceGateway::kKind},
                     {"metadata",
                      {{"name", object.metadata.name},
                       {"namespace", object.metadata.namespace_},
                       {"uid", object.metadata.uid}}}};
  igw::write_value(out["status"], status);
  return kube::Object(std::move(out));
}

std::vector<condition::Announcement> news(const igw::Status& before, const igw::Status& after) {
  return condition::announcements(before.conditions, after.conditions,
                                  {.types = {"Accepted", "Programmed"},
                                   .calm = {kStarting, kScaledToZero, kPropagating},
                                   .silent = {}});
}

}  // namespace penstock::controller::inferencegateway
