#pragma once
// The control plane of one process, put together: connections, caches, one controller per kind,
// leadership. Knows which kinds there are; knows no command line and judges nothing.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/wait.h"
#include "controller/configuration/service.h"
#include "controller/preset/profiles.h"
#include "kube/cluster_config.h"

namespace penstock::controller {

struct Options {
  std::string name_space;                     ///< our own: the lease is there
  std::vector<std::string> watch_namespaces;  ///< served; empty: all (needs an administrator)
  bool leader_elect = false;
  std::string identity;           ///< unique per process, for lease and events
  std::string cluster_residency;  ///< where this cluster's engines are, "EU"; empty: unknown
  std::string gateway_image;
  std::string gateway_image_pull_policy;
  std::string version;
  /// How gateways fetch their configurations; absent: they watch their Secrets, and nothing else.
  std::optional<configuration::ServiceOptions> configuration;
  std::optional<preset::Profiles> profiles;  ///< to create while we lead, where missing
};

class Manager {
 public:
  /// Opens no socket yet.
  static Result<std::unique_ptr<Manager>> make(const kube::ClusterConfig& config,
                                               const Options& options,
                                               const Waiter& waiter = system_waiter());
  ~Manager();

  /// Blocks until stopped. Error kTimeout when the caches do not fill.
  [[nodiscard]] Result<> run(std::stop_token stop);

  // Any thread, also while run() runs.
  [[nodiscard]] Result<> healthy() const;
  [[nodiscard]] Result<> ready() const;
  [[nodiscard]] std::string metrics() const;  ///< Prometheus text

 private:
  struct Parts;
  explicit Manager(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace penstock::controller
