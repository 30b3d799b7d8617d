#include "controller/inferencegateway/decide.h"

#include <algorithm>

#include "controller/inferencegateway/reasons.h"
#include "gateway/snapshot/document_json.h"
#include "gateway/snapshot/packing.h"

namespace penstock::controller::inferencegateway {
namespace {

using condition::Finding;

constexpr std::int32_t kDefaultReplicas = 2;
constexpr std::uint16_t kFirstAdminPort = 9090;

std::int32_t wanted_replicas(const crd::inference_gateway::Spec& spec) {
  if (spec.replicas) {
    return std::max(*spec.replicas, 0);
  }
  return spec.autoscaling ? spec.autoscaling->min_replicas : kDefaultReplicas;
}

/// The first port that no listener has.
std::uint16_t admin_port(const crd::inference_gateway::Spec& spec) {
  std::uint16_t port = kFirstAdminPort;
  while (std::ranges::find(spec.listeners, port, &crd::inference_gateway::Listener::port) !=
         spec.listeners.end()) {
    ++port;
  }
  return port;
}

/// The messages of what was found wrong with the gateway itself, each once.
std::string own_problems(const crd::InferenceGateway& object, const snapshot::Problems& problems) {
  std::string out;
  for (const auto& problem : problems) {
    if (problem.object.kind == crd::InferenceGateway::kKind &&
        problem.object.full_name() == object.metadata.full_name()) {
      out += (out.empty() ? "" : "; ") + problem.message;
    }
  }
  if (object.spec.autoscaling) {
    out += (out.empty() ? "" : "; ") +
           std::string("autoscaling is not applied by this version: minReplicas pods run");
  }
  return out;
}

void pack_document(Plan& plan) {
  auto packed = gateway::snapshot::pack(gateway::snapshot::write_document(plan.document));
  if (!packed) {
    plan.oversized = Finding{std::string(kSnapshotTooLarge), packed.error().message()};
  } else if (packed->size() > kSecretLimit) {
    // No exact size in it: every change would be a new message.
    plan.oversized = Finding{
        std::string(kSnapshotTooLarge),
        "the configuration is larger than a Secret can hold (760 KiB compressed); the replicas "
        "keep the last one. Spread routes and consumers over several gateways"};
  } else {
    plan.packed = std::move(*packed);
  }
}

}  // namespace

Plan decide(const Input& input) {
  Plan plan;
  plan.replicas = wanted_replicas(input.object.spec);
  plan.admin_port = admin_port(input.object.spec);
  auto compiled =
      snapshot::compile(input.resources, input.object.metadata.full_name(), input.endpoints);
  if (compiled.document) {
    plan.document = std::move(*compiled.document);
  }
  const std::string problems = own_problems(input.object, compiled.problems);
  if (plan.document.listeners.empty()) {
    plan.refused = Finding{std::string(kNoUsableListener),
                           problems.empty() ? "there is no listener; add one" : problems};
    return plan;
  }
  if (!problems.empty()) {
    plan.partly = Finding{std::string(kPartlyApplied), problems};
  }
  pack_document(plan);
  return plan;
}

}  // namespace penstock::controller::inferencegateway
