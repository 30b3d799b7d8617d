#pragma once
// Why replicas do not become ready, from what pods and Deployment say: pure. Messages name the
// remedy and stay the same while the cause does.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/condition/finding.h"
#include "controller/modeldeployment/pod_facts.h"

namespace penstock::controller::modeldeployment {

struct DiagnosisInput {
  const std::vector<PodFacts>& pods;
  const DeploymentFacts& deployment;
  std::string name_space;
  std::string selector;  ///< of the pods, for commands in messages
  std::chrono::nanoseconds startup_timeout;
};

/// The cause that explains most; absent while nothing is wrong. Order: pods that may not be made,
/// containers that cannot start or do not stay up, pods that no node takes.
[[nodiscard]] std::optional<condition::Finding> diagnose(const DiagnosisInput& input);

/// The scheduler's words without its counts: "not enough nvidia.com/gpu; no node matches the node
/// selector".
[[nodiscard]] std::string what_is_missing(std::string_view scheduler_message);

}  // namespace penstock::controller::modeldeployment
