#include "controller/snapshot/compile.h"

#include <algorithm>

#include "controller/snapshot/consumers.h"
#include "controller/snapshot/deployments.h"
#include "controller/snapshot/gateway_settings.h"
#include "controller/snapshot/routes.h"
#include "gateway/snapshot/document_json.h"

namespace penstock::controller::snapshot {

Compiled compile(const Resources& resources, std::string_view gateway, const Endpoints& endpoints) {
  Compiled out;
  const auto object = std::ranges::find_if(
      resources.gateways, [&](const auto& item) { return item.metadata.full_name() == gateway; });
  if (object == resources.gateways.end()) {
    const auto slash = gateway.find('/');
    out.problems.push_back(
        {{std::string(crd::InferenceGateway::kKind), std::string(gateway.substr(0, slash)),
          std::string(gateway.substr(slash == std::string_view::npos ? 0 : slash + 1))},
         "",
         std::string(kGatewayNotFound),
         "InferenceGateway " + std::string(gateway) + " does not exist; create it"});
    return out;
  }
  auto& document = out.document.emplace();
  apply_gateway_settings(*object, resources.secrets, document, out.problems);
  apply_consumers(resources.consumers, resources.secrets, document, out.problems);
  const DeploymentTable deployments(resources, endpoints, out.problems);
  apply_routes(resources, deployments, gateway, document, out.problems);
  document.version = gateway::snapshot::content_version(document);
  std::ranges::sort(out.problems);
  const auto repeated = std::ranges::unique(out.problems);
  out.problems.erase(repeated.begin(), repeated.end());
  return out;
}

}  // namespace penstock::controller::snapshot
