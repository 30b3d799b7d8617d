#pragma once
// What the cluster says about engine pods and their Deployment, reduced to what decides. Reads API
// JSON; judges nothing.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "json/value.h"

namespace penstock::controller::modeldeployment {

/// How a container ended.
struct Termination {
  std::string reason;   ///< "Error", "OOMKilled", "Completed", …
  std::string message;  ///< its own last words: the end of its log
  std::int64_t exit_code = 0;
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
};

struct ContainerFacts {
  std::string name;
  std::string image;
  std::string memory_limit;  ///< "16Gi"; empty: none
  bool ready = false;
  std::int64_t restarts = 0;
  std::string waiting_reason;  ///< empty: not waiting
  std::string waiting_message;
  std::optional<Termination> ended;     ///< it is terminated now
  std::optional<Termination> previous;  ///< how it ended before its last restart
};

struct PodFacts {
  bool ready = false;
  bool deleting = false;
  bool unschedulable = false;
  std::string unschedulable_message;
  std::string evicted;                     ///< why the kubelet removed it; empty: it did not
  std::vector<ContainerFacts> containers;  ///< init containers first
};

struct DeploymentFacts {
  bool exists = false;
  bool current = false;  ///< its status describes its spec
  std::int32_t wanted = 0;
  std::int32_t replicas = 0;
  std::int32_t updated = 0;
  std::int32_t ready = 0;
  bool deadline_exceeded = false;
  std::string create_failure;  ///< why its ReplicaSet cannot make pods; empty: it can
};

[[nodiscard]] PodFacts read_pod(const json::Value& pod);
[[nodiscard]] DeploymentFacts read_deployment(const json::Value& deployment);

}  // namespace penstock::controller::modeldeployment
