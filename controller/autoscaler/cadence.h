#pragma once
// How often engines and gateways are asked. Engines without calls change nothing within seconds;
// those with calls share a budget, so that a large fleet costs no more than its parsing is worth.
// Knows counts; must not know what answers say. Pure.

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace penstock::controller::autoscaler {

inline constexpr std::chrono::milliseconds kIdleEngineEvery{5'000};
inline constexpr std::chrono::milliseconds kBusyEngineEvery{1'000};
inline constexpr std::size_t kBusyEnginesPerSecond = 400;

/// Of two seconds, a step of load takes one to stand out.
inline constexpr std::chrono::milliseconds kGatewayEvery{250};
/// A report names every deployment: many gateways, or many names, are asked less often.
inline constexpr std::size_t kReportsPerSecond = 40;
inline constexpr std::size_t kManyDeployments = 250;
inline constexpr std::chrono::milliseconds kSlowestGatewayEvery{5'000};

/// One of `busy` engines with calls.
[[nodiscard]] inline std::chrono::milliseconds busy_engine_every(std::size_t busy) {
  const std::size_t times = std::max<std::size_t>(busy / kBusyEnginesPerSecond, 1);
  return std::min<std::chrono::milliseconds>(kBusyEngineEvery * times, kIdleEngineEvery);
}

/// One of so many gateway replicas, which tell of so many deployments.
[[nodiscard]] inline std::chrono::milliseconds gateway_every(std::size_t gateways,
                                                             std::size_t deployments) {
  const std::size_t reports = gateways * (std::chrono::seconds(1) / kGatewayEvery);
  const std::size_t times = 1 + reports / kReportsPerSecond + deployments / kManyDeployments;
  return std::min<std::chrono::milliseconds>(kGatewayEvery * times, kSlowestGatewayEvery);
}

}  // namespace penstock::controller::autoscaler
