#pragma once
// Which gateway replicas may send calls to which deployment: by routes, and by what they report.
// The rule must hear all of them before it takes replicas away. Pure.

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "kube/object.h"

namespace penstock::controller::autoscaler {

/// One gateway pod that takes calls.
struct GatewayPod {
  std::string key;      ///< "namespace/name" of the pod
  std::string gateway;  ///< "namespace/label" of its InferenceGateway
  std::string address;
  std::uint16_t admin_port = 0;  ///< 0: it has none
};

/// Those that are ready and not on their way out.
[[nodiscard]] std::vector<GatewayPod> gateway_pods(const std::vector<kube::Object>& pods);

using Callers = std::unordered_map<std::string, std::vector<std::string>>;  ///< pods by deployment

/// `speakers`: pods by deployment that have named it in a report. Pods that take no calls any more
/// are left out. A gateway that exists and has no pod that takes calls stands there itself, as a
/// caller that never says anything.
[[nodiscard]] Callers callers_of(const std::vector<kube::Object>& routes,
                                 const std::vector<kube::Object>& gateways,
                                 const std::vector<GatewayPod>& pods,
                                 const std::map<std::string, std::vector<std::string>>& speakers);

}  // namespace penstock::controller::autoscaler
