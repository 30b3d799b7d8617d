#pragma once
// How many accelerators one replica needs: pure arithmetic on the model's shape and the profile.
//
// A replica stays on one node. Of each accelerator 90 % may be used, 2 GiB of that for the engine
// itself; the weights take 2 % more than their bits; and the KV cache must hold at least one call
// of the full context. The smallest power of two that is enough is taken, as tensor parallelism
// wants it. Method: KAITO's node estimator, see docs/adr.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/condition/finding.h"
#include "crd/generated/accelerator_profile.h"
#include "crd/generated/model_deployment.h"

namespace penstock::controller::modeldeployment {

struct Fit {
  std::string profile;        ///< empty: none asked for
  std::string resource_name;  ///< "nvidia.com/gpu"; empty when the profile is of plain CPU
  std::map<std::string, std::string> node_selector;  ///< of the profile, for the pods
  std::vector<crd::Toleration> tolerations;
  std::int32_t accelerators = 0;
  std::int32_t tensor_parallel = 1;
  std::int32_t pipeline_parallel = 1;
  std::optional<std::int64_t> weights_bytes;
  std::optional<std::int64_t> kv_cache_bytes;
  std::optional<std::int64_t> kv_cache_tokens;
  std::string explanation;
};

struct FitResult {
  Fit fit;
  /// AcceleratorProfileNotFound or InsufficientMemory.
  std::optional<condition::Finding> problem;
};

/// `engine.accelerator` must be there; `profiles` are all of the cluster.
[[nodiscard]] FitResult fit_model(const crd::model_deployment::Model& model,
                                  const crd::model_deployment::Engine& engine,
                                  const std::vector<crd::AcceleratorProfile>& profiles);

/// Bytes of the KV cache for one token; absent when the shape does not say.
[[nodiscard]] std::optional<std::int64_t> kv_bytes_per_token(
    const crd::model_deployment::Architecture& architecture);

}  // namespace penstock::controller::modeldeployment
