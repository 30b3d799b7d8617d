#pragma once
// Everything that a gateway's configuration is compiled from: the objects as they are, after
// defaulting and validation, and the addresses of running engines. Knows not where they come from.

#include <map>
#include <string>
#include <vector>

#include "controller/snapshot/secret_store.h"
#include "crd/generated/consumer.h"
#include "crd/generated/inference_gateway.h"
#include "crd/generated/model_deployment.h"
#include "crd/generated/model_route.h"
#include "gateway/snapshot/document.h"

namespace penstock::controller::snapshot {

using Labels = std::map<std::string, std::string>;

/// Addresses of engines, by deployment "namespace/name". Providers need none.
using Endpoints = std::map<std::string, std::vector<gateway::snapshot::Endpoint>>;

struct Resources {
  std::vector<crd::InferenceGateway> gateways;
  std::vector<crd::ModelDeployment> deployments;
  std::vector<crd::ModelRoute> routes;
  std::vector<crd::Consumer> consumers;
  SecretStore secrets;
  std::map<std::string, Labels> namespaces;  ///< for sharedWith's selectors
  std::string cluster_residency;             ///< of engines that run here; empty = unknown
};

}  // namespace penstock::controller::snapshot
