#pragma once
// Which engine processes should start and which should go: pure. Knows nothing of how they are run.
//
// A changed engine is replaced without a gap: the new process must be ready before an old one
// drains (surge), unless two copies do not fit (recreate: GPU memory, a large model), where the old
// one goes first.

#include <cstdint>
#include <string>
#include <vector>

namespace penstock::app::standalone {

enum class Replacement { kSurge, kRecreate };

/// What the manifests ask for.
struct EngineWish {
  std::string deployment;   ///< "namespace/name"
  std::string fingerprint;  ///< of everything that would need a new process
  std::uint32_t replicas = 1;
  Replacement replacement = Replacement::kSurge;
};

/// What there is.
struct Instance {
  std::string id;  ///< "namespace/name-0"
  std::string deployment;
  std::string fingerprint;
  bool ready = false;
  bool draining = false;  ///< takes no new calls and will be stopped
};

struct InstancePlan {
  struct Start {
    std::string id;
    std::string deployment;
  };
  std::vector<Start> start;
  std::vector<std::string> drain;  ///< ids
};

[[nodiscard]] InstancePlan plan_instances(const std::vector<EngineWish>& wishes,
                                          const std::vector<Instance>& instances);

}  // namespace penstock::app::standalone
