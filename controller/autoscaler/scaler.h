#pragma once
// One ModelDeployment's scaling over time: what is remembered between ticks, what is worth saying
// in its status and in events, and what a new leader takes over. Pure: time is an argument; knows
// the rule (scaling/policy.h) and the status, no cluster.
//
// The status is rewritten when replicas or the condition change, when the spec does, and when the
// throughput has moved by a quarter, at most every half minute. Constant load and silence write
// nothing.
//
// In a dry run the rule goes on from the number that it would have decided on, so that its
// decisions follow each other as they would; the number that runs stays beside it.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controller/autoscaler/asked.h"
#include "controller/autoscaler/said.h"
#include "controller/autoscaler/verdict.h"
#include "controller/condition/announcements.h"
#include "scaling/policy.h"

namespace penstock::controller::autoscaler {

/// What a tick sees; names go with the pods and gateways of `seen`, in their order.
struct Sight {
  scaling::Observation seen;  ///< `replicas` and `fixed_replicas` are filled in by the scaler
  std::span<const std::string_view> pod_names{};
  std::span<const std::string_view> gateway_names{};
  WallTime wall_now{};
};

struct Step {
  scaling::Decision decision;
  bool changed = false;  ///< said() is another than before
  std::vector<condition::Announcement> news;
};

class Scaler {
 public:
  /// Takes over from what the status says; else from what runs (absent: nothing does yet). Never
  /// fewer than that before the rule has seen enough.
  Scaler(const crd::model_deployment::Status& status, std::optional<std::int32_t> running,
         const Asked& asked, SteadyTime now, WallTime wall_now);

  [[nodiscard]] Step step(const Asked& asked, Sight sight);

  [[nodiscard]] const Said& said() const { return said_; }
  [[nodiscard]] std::int32_t desired() const { return *said_.desired; }
  /// Only in a dry run.
  [[nodiscard]] std::optional<std::int32_t> recommended() const { return said_.recommended; }

 private:
  void restore_state(bool dry_run, SteadyTime now, WallTime wall_now);
  void follow_dry_run(const Asked& asked, WallTime wall_now, Step& out);
  void note(crd::model_deployment::ScalingDecision entry);
  void note_decision(const scaling::Decision& decision, WallTime wall_now, Step& out);
  bool say_condition(const Asked& asked, const Verdict& verdict, const Sight& sight, Step& out);
  bool throughput_moved(const scaling::Decision& decision, SteadyTime now) const;
  void say_throughput(const scaling::Decision& decision, SteadyTime now, WallTime wall_now);

  scaling::State state_;
  Said said_;
  bool unsaid_ = true;  ///< the status does not hold the number yet
  std::string pending_reason_;
  SteadyTime pending_since_{};
  std::optional<SteadyTime> throughput_said_;
};

}  // namespace penstock::controller::autoscaler
