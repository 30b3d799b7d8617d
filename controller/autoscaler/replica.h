#pragma once
// An engine pod as the autoscaler sees it: where it is in its life, where it can be asked, what its
// deletion costs. Reads API JSON; judges no load.

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "kube/object.h"
#include "scaling/signals.h"

namespace penstock::controller::autoscaler {

inline constexpr std::string_view kDeletionCost = "controller.kubernetes.io/pod-deletion-cost";

struct Replica {
  scaling::PodId id = 0;  ///< of the UID
  std::string uid;
  std::string name;
  std::string address;  ///< IP; empty until it has one
  WallTime created{};
  std::optional<WallTime> scheduled;
  std::optional<WallTime> ready_since;
  bool draining = false;
  bool over = false;  ///< ended for good (evicted, completed): its ReplicaSet makes another
  scaling::Pending pending = scaling::Pending::kNone;
  std::optional<std::int32_t> deletion_cost;  ///< by its annotation
};

[[nodiscard]] Replica read_replica(const kube::Object& pod);

/// The API's wall times on the steady clock of the rule: `now` and `wall_now` are one instant.
[[nodiscard]] scaling::PodFacts facts_of(const Replica& replica, SteadyTime now, WallTime wall_now);

/// A stable name for an instance: the same for the same text, in every process.
[[nodiscard]] std::uint64_t stable_id(std::string_view text);

}  // namespace penstock::controller::autoscaler
