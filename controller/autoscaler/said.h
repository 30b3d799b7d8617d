#pragma once
// The autoscaler's part of a ModelDeployment's status, as a value: what it decided, learned and
// says about itself. Knows the form in the API; decides nothing. Pure.

#include <cstdint>
#include <optional>
#include <vector>

#include "crd/generated/model_deployment.h"
#include "kube/object.h"

namespace penstock::controller::autoscaler {

inline constexpr std::string_view kScalingActive = "ScalingActive";
inline constexpr std::size_t kDecisionsKept = 10;

struct Said {
  std::optional<std::int32_t> desired;
  std::optional<std::int32_t> recommended;  ///< in a dry run
  std::optional<crd::model_deployment::Throughput> throughput;
  std::vector<crd::model_deployment::ScalingDecision> decisions;  ///< newest first
  std::optional<crd::Condition> condition;                        ///< kScalingActive

  friend bool operator==(const Said&, const Said&) = default;
};

[[nodiscard]] Said said_in(const crd::model_deployment::Status& status);

/// The apply configuration for the status subresource: complete, as everything left out is removed.
[[nodiscard]] kube::Object status_intent(const kube::ObjectKey& key, const std::string& uid,
                                         const Said& said);

}  // namespace penstock::controller::autoscaler
