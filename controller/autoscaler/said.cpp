#include "controller/autoscaler/said.h"

#include <nlohmann/json.hpp>

#include "runtime/conditions.h"

namespace penstock::controller::autoscaler {

namespace md = crd::model_deployment;

Said said_in(const md::Status& status) {
  Said out;
  out.desired = status.desired_replicas;
  out.recommended = status.recommended_replicas;
  out.throughput = status.throughput;
  out.decisions = status.last_scaling;
  if (const auto* condition = runtime::find_condition(status.conditions, kScalingActive)) {
    out.condition = *condition;
  }
  return out;
}

kube::Object status_intent(const kube::ObjectKey& key, const std::string& uid, const Said& said) {
  md::Status status;
  status.desired_replicas = said.desired;
  status.recommended_replicas = said.recommended;
  status.throughput = said.throughput;
  status.last_scaling = said.decisions;
  if (said.condition) {
    status.conditions.push_back(*said.condition);
  }
  json::Value out = {
      {"apiVersion", crd::kApiVersion},
      {"kind", crd::ModelDeployment::kKind},
      {"metadata", {{"name", key.name}, {"namespace", key.name_space}, {"uid", uid}}}};
  md::write_value(out["status"], status);
  return kube::Object(std::move(out));
}

}  // namespace penstock::controller::autoscaler
