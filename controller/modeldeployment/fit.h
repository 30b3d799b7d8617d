#pragma once
// What the planner says of one ModelDeployment, in the words of its children and its status: the
// profile's places, numbers for the engine, conditions. Pure; the arithmetic is the planner's
// (src/scaling/planner).

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
  // The rest only when model.architecture says enough.
  std::optional<std::int64_t> weights_bytes;
  std::optional<std::int64_t> kv_cache_bytes;
  std::optional<std::int64_t> kv_cache_tokens;
  std::optional<std::int64_t> kv_bytes_per_token;
  std::optional<std::int64_t> calls_at_context;
  std::optional<std::int32_t> max_sequences;
  std::string explanation;
};

struct FitResult {
  Fit fit;
  /// AcceleratorProfileNotFound, InvalidParallelism or InsufficientMemory.
  std::optional<condition::Finding> problem;
};

/// `engine.accelerator` must be there; `profiles` are all of the cluster.
[[nodiscard]] FitResult fit_model(const crd::model_deployment::Model& model,
                                  const crd::model_deployment::Engine& engine,
                                  const std::vector<crd::AcceleratorProfile>& profiles);

}  // namespace penstock::controller::modeldeployment
