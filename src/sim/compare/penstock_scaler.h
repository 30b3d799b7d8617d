#pragma once
// Penstock's own autoscaling rule (src/scaling) as a Scaler: translates what is observed into the
// rule's words and back. Knows both vocabularies; decides nothing itself.

#include <vector>

#include "scaling/policy.h"
#include "sim/scenario/scaler.h"
#include "sim/scenario/scenario.h"

namespace penstock::sim {

/// What a performance table says of one replica before anything has run.
[[nodiscard]] scaling::CapacityPrior prior_of(const PerfModel& perf, const EngineConfig& engine);

/// The settings that a ModelDeployment with these bounds and this service level leads to.
[[nodiscard]] scaling::Settings settings_for(const Scenario& scenario, const PerfModel& perf);

class PenstockScaler final : public Scaler {
 public:
  explicit PenstockScaler(const scaling::Settings& settings) : settings_(settings) {}

  [[nodiscard]] std::uint32_t desired(const Observation& seen) override;
  [[nodiscard]] Sampling sampling() const override;
  [[nodiscard]] std::vector<std::uint32_t> first_to_go(const Observation& seen) override;

  [[nodiscard]] const scaling::Decision& last() const { return last_; }

 private:
  void take_pods(const Observation& seen);
  void take_demand(const GatewaySample& now);

  scaling::Settings settings_;
  scaling::State state_;
  scaling::Decision last_;
  std::vector<scaling::PodReport> pods_;
  scaling::DemandSample demand_;
  GatewaySample before_;
};

}  // namespace penstock::sim
