#pragma once
// What gateways were asked for, from their reports' running totals to the rule's samples. Knows
// reports and their order; must not know how they came (pushed or fetched), nor what follows.
//
// Totals make every loss harmless: two reports that are both missing a predecessor still give the
// right difference. The first report of a process that has run for longer than the rule looks back
// is a base line only: when its calls came is not known. A restarted gateway, or a total that fell,
// begins anew. Reports may come twice and out of order.

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "gateway/demand/report.h"
#include "scaling/signals.h"

namespace penstock::controller::autoscaler {

/// What one gateway replica says about one deployment, for one tick.
struct DemandNews {
  scaling::GatewayReport report;  ///< its `news` is a view of `samples`
  std::vector<scaling::DemandSample> samples;
};

class DemandBook {
 public:
  using Report = gateway::demand::Report;
  using Names = std::vector<std::string>;

  /// Deployments ("namespace/name") that deserve a look at once.
  struct Urgent {
    Names waited_for;  ///< calls wait until a replica is there
    Names rising;      ///< far more calls than before: it may be a step of load, the rule decides
  };

  /// `pod` ("namespace/name") is the replica that speaks. Any thread.
  Urgent take(const std::string& pod, const Report& report, SteadyTime received);

  /// The pod could not be asked, or answered nonsense. Counts until its next report. Any thread.
  void failed(const std::string& pod, scaling::Fault fault);

  /// Takes what that pod has told about the deployment since the last time; a fault when nothing.
  void collect(const std::string& pod, const std::string& deployment, DemandNews& out);

  /// Pods by deployment that they have reported demand for, of those whose report names it.
  [[nodiscard]] std::map<std::string, Names> speakers() const;

  /// Forgets all pods but these.
  void keep(const std::set<std::string>& pods);
  void clear();

 private:
  struct Account {
    gateway::demand::DeploymentDemand last;
    std::vector<scaling::DemandSample> untold;
    double calls_per_second = 0;  ///< smoothed
  };
  struct Source {
    std::string instance;
    std::uint64_t sequence = 0;
    WallTime process{};    ///< when it began, on its own clock
    SteadyTime began{};    ///< the same on ours
    SteadyTime through{};  ///< everything before has been told
    scaling::Fault fault = scaling::Fault::kNone;
    std::unordered_map<std::string, Account> accounts;  ///< by deployment
  };

  /// Whether the calls of this stretch are far more than those before.
  static bool count(Account& account, const gateway::demand::DeploymentDemand& now,
                    SteadyTime start, SteadyTime end);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Source> sources_;  // by pod; guarded by mutex_
};

}  // namespace penstock::controller::autoscaler
