#pragma once
// The pods of a tick: engine pods by their deployment, and gateway pods. Reads each version of a
// pod once. Knows labels; judges nothing. One thread.

#include <string>
#include <unordered_map>
#include <vector>

#include "controller/autoscaler/callers.h"
#include "controller/autoscaler/replica.h"
#include "kube/object.h"

namespace penstock::controller::autoscaler {

class Fleet {
 public:
  using Replicas = std::vector<const Replica*>;

  /// Takes the pods as they are now. Pointers that were handed out are no longer valid.
  void look(const std::vector<kube::Object>& pods);

  /// Of "namespace/label value" (child::label_value of the deployment's name), by name; those that
  /// are over are left out.
  [[nodiscard]] const Replicas& of(const std::string& deployment) const;
  [[nodiscard]] const std::vector<GatewayPod>& gateways() const { return gateways_; }
  [[nodiscard]] const std::unordered_map<std::string, Replicas>& all() const { return groups_; }

 private:
  struct Known {
    std::string version;
    std::string group;
    Replica replica;
    bool seen = false;
  };
  std::unordered_map<std::string, Known> known_;  ///< engine pods, by UID
  std::unordered_map<std::string, Replicas> groups_;
  std::vector<GatewayPod> gateways_;
};

}  // namespace penstock::controller::autoscaler
