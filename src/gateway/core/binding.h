#pragma once
// A snapshot as one core runs it: the same configuration joined with what this core has learnt and
// counts. Made on the core when a snapshot arrives; running calls keep theirs. Not thread-safe: one
// core.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/core/metrics.h"
#include "gateway/demand/counters.h"
#include "gateway/snapshot/snapshot.h"
#include "net/http_client.h"
#include "routing/picker.h"

namespace penstock::gateway {

/// What a core knows of one endpoint, under its stable id.
struct EndpointSlot {
  routing::EndpointState state;
  net::Origin* origin = nullptr;      ///< in the core's connection pool
  bool refuses_usage_option = false;  ///< it answers 400 to stream_options
};

/// Survives snapshots: a breaker that is open stays open when an unrelated route changes.
class EndpointSlots {
 public:
  explicit EndpointSlots(net::ClientPool& pool) : pool_(pool) {}

  [[nodiscard]] std::shared_ptr<EndpointSlot> slot(const snapshot::FlatEndpoint& endpoint);
  /// Forgets those that nobody holds any more.
  void prune();

 private:
  net::ClientPool& pool_;
  std::unordered_map<std::string, std::shared_ptr<EndpointSlot>> by_id_;
};

class Binding {
 public:
  Binding(std::shared_ptr<const snapshot::Snapshot> snapshot, EndpointSlots& slots,
          Metrics& metrics, demand::Book& demand);

  [[nodiscard]] const snapshot::Snapshot& snapshot() const noexcept { return *snapshot_; }
  [[nodiscard]] EndpointSlot& slot(std::uint32_t endpoint) noexcept { return *slots_[endpoint]; }
  [[nodiscard]] routing::Decision pick(std::uint32_t route, const routing::Attempts& attempts,
                                       SteadyTime now, std::uint64_t draw);
  [[nodiscard]] routing::Openings openings(std::uint32_t route, SteadyTime now,
                                           std::uint32_t per_endpoint);
  /// The deployment that the route would like to use.
  [[nodiscard]] std::uint32_t preferred(std::uint32_t route, std::uint64_t draw) const;
  [[nodiscard]] std::optional<std::uint32_t> route_named(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint32_t> deployment_named(std::string_view name) const;

  [[nodiscard]] demand::Counters& demand(std::uint32_t deployment) noexcept {
    return *demand_[deployment];
  }
  /// Keeps these counters for a call that lets go of the binding.
  [[nodiscard]] std::shared_ptr<demand::Counters> shared_demand(const demand::Counters* one) const;

  static constexpr std::uint32_t kNoDeployment = UINT32_MAX;  ///< the call was never sent anywhere

  /// Made at first use; then only looked up.
  [[nodiscard]] CallSeries& call_series(std::uint32_t route, std::uint32_t deployment);
  [[nodiscard]] ModelSeries& model_series(std::uint32_t deployment, Operation operation);

 private:
  struct RouteSeries {
    std::uint32_t deployment = 0;
    std::unique_ptr<CallSeries> series;
  };
  using ByOperation = std::array<std::unique_ptr<ModelSeries>, 3>;

  std::shared_ptr<const snapshot::Snapshot> snapshot_;
  Metrics& metrics_;
  std::vector<std::shared_ptr<EndpointSlot>> slots_;       ///< per flat endpoint
  std::vector<routing::EndpointState*> states_;            ///< the same, as the picker wants them
  std::vector<std::unique_ptr<routing::Picker>> pickers_;  ///< per route
  std::vector<std::vector<RouteSeries>> call_series_;      ///< per route
  std::vector<ByOperation> model_series_;                  ///< per deployment
  std::vector<std::shared_ptr<demand::Counters>> demand_;  ///< per deployment
};

}  // namespace penstock::gateway
