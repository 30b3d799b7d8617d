#pragma once
// ModelDeployments as upstreams: addresses, how each wants to be spoken to, and who may use it.
// Knows no route and no consumer.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/snapshot/problem.h"
#include "controller/snapshot/resources.h"

namespace penstock::controller::snapshot {

/// One ModelDeployment and what a gateway would run of it.
struct DeploymentEntry {
  const crd::ModelDeployment* object = nullptr;
  /// Absent when it cannot be served; the problem is reported with the object.
  std::optional<gateway::snapshot::Deployment> compiled;
};

class DeploymentTable {
 public:
  /// Compiles all. Both must outlive the table.
  DeploymentTable(const Resources& resources, const Endpoints& endpoints, Problems& problems);

  /// The object of that name itself: consent is its own to give. Nullptr when there is none.
  [[nodiscard]] const crd::ModelDeployment* named(std::string_view name_space,
                                                  std::string_view name) const;

  /// Nullptr when there is none. A model for the caller's own device leads to its server fallback.
  [[nodiscard]] const DeploymentEntry* find(std::string_view name_space,
                                            std::string_view name) const;

  /// Whether routes of another namespace may use it (spec.sharedWith). Its own always may.
  [[nodiscard]] bool shared_with(const crd::ModelDeployment& deployment,
                                 const std::string& name_space) const;

 private:
  void resolve_fallbacks(Problems& problems);

  const Resources& resources_;
  std::map<std::string, DeploymentEntry, std::less<>> entries_;  ///< by "namespace/name"
  std::map<std::string, std::string, std::less<>>
      fallbacks_;  ///< client deployment → server deployment
};

}  // namespace penstock::controller::snapshot
