#pragma once
// What the controllers see of the cluster: one informer per resource and served namespace. Knows
// which resources there are and how they are found; judges nothing.
//
// The controller is served namespace by namespace: it has no right to read Secrets of a whole
// cluster, and holds none in memory. No namespaces given means all of them, for a controller with
// the rights of an administrator (a developer's machine).

#include <string>
#include <vector>

#include "kube/informer.h"
#include "kube/object.h"
#include "kube/resource.h"
#include "runtime/manager.h"

namespace penstock::controller::cache {

/// The informers of one resource. Reading: any thread.
class Informers {
 public:
  void add(kube::Informer& informer, std::string name_space);

  // Before the manager runs.
  void add_index(const std::string& name, const kube::Store::IndexFunction& values);
  void add_handler(const kube::Informer::Handler& handler);

  /// Empty when there is none, or its namespace is not served.
  [[nodiscard]] kube::Object get(const kube::ObjectKey& key) const;
  [[nodiscard]] std::vector<kube::Object> list() const;
  [[nodiscard]] std::vector<kube::Object> in_namespace(const std::string& name_space) const;
  /// In all namespaces; put the namespace into the value where it matters.
  [[nodiscard]] std::vector<kube::Object> by_index(std::string_view index,
                                                   const std::string& value) const;
  /// Nullptr when the namespace is not served.
  [[nodiscard]] const kube::Informer* of(const std::string& name_space) const;

 private:
  struct Part {
    std::string name_space;  ///< empty: all
    kube::Informer* informer;
  };
  std::vector<Part> parts_;
};

/// Names of indexes. Values carry the namespace: "namespace/value".
inline constexpr std::string_view kBySecret = "secret";  ///< objects by a Secret that they name
inline constexpr std::string_view kByLabel =
    "label";  ///< pods and ModelDeployments by kDeploymentLabel
inline constexpr std::string_view kByProfile = "profile";  ///< ModelDeployments; value: the name
inline constexpr std::string_view kClients = "clients";    ///< ModelDeployments; value: kAnyClient
inline constexpr std::string_view kByDigest = "digest";    ///< Secrets by digest_of(); no namespace
inline constexpr std::string_view kByDeployment = "deployment";  ///< ModelRoutes
inline constexpr std::string_view kByGateway = "gateway";        ///< ModelRoutes

struct Caches {
  // Our kinds.
  Informers model_deployments;
  Informers inference_gateways;
  Informers model_routes;
  Informers consumers;
  Informers accelerator_profiles;
  // What they refer to.
  Informers secrets;
  Informers namespaces;
  // Children, and what becomes of them. Only those with our label.
  Informers deployments;
  Informers services;
  Informers service_accounts;
  Informers claims;
  Informers budgets;
  Informers roles;
  Informers role_bindings;
  Informers network_policies;
  Informers pods;
  Informers endpoint_slices;

  /// The informers of a resource that children can be of; nullptr for others.
  [[nodiscard]] const Informers* of(const kube::Resource& resource) const;
};

/// Adds all informers, with their indexes, to the manager. `caches` must stay where it is.
void fill(Caches& caches, runtime::Manager& manager, const std::vector<std::string>& namespaces);

}  // namespace penstock::controller::cache
