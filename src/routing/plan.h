#pragma once
// What a route's routing decision is made from: tiers of backends, each a range of endpoints.
// Immutable, the same for all cores; what changes from call to call is in endpoint_state.h.
//
// Knows no names, no HTTP, no Kubernetes: deployments and endpoints are numbers that the caller
// gave.

#include <cstdint>
#include <vector>

#include "routing/breaker.h"

namespace penstock::routing {

enum class Algorithm {
  kLeastLoad,   ///< least work in flight per weight; equals take turns by weight
  kLatency,     ///< least expected wait: smoothed time to first byte times calls in flight
  kWeighted,    ///< backends by weight exactly, then the least loaded endpoint
  kRoundRobin,  ///< backends in turn, then endpoints in turn
};

/// What is known of an endpoint from configuration.
struct EndpointFacts {
  std::uint32_t deployment = 0;
  bool ready = true;
  bool draining = false;
  bool residency_allowed =
      true;  ///< false: this route must never use it, not even as a last resort
};

struct PlannedBackend {
  std::uint32_t deployment = 0;
  std::uint32_t weight = 1;          ///< 0 takes nothing
  std::uint32_t first_endpoint = 0;  ///< index into the endpoint tables
  std::uint32_t endpoint_count = 0;
  bool waits_for_start = false;   ///< calls may wait for its first endpoint
  bool holds_while_cold = false;  ///< and go to no lower tier meanwhile
};

/// Why an endpoint could not take a call; also what lets the call go on to a lower tier.
enum class Block : std::uint8_t {
  kNone,
  kUnusable,    ///< not ready, draining, weight 0 or not allowed here: always lets the call go on
  kThrottled,   ///< asked to be left alone
  kOverloaded,  ///< said that it is full
  kError,       ///< failed, or its breaker is open
  kTimeout,
};

struct SpillRule {
  bool throttled = true;
  bool overloaded = true;
  bool error = true;
  bool timeout = true;

  [[nodiscard]] constexpr bool allows(Block block) const noexcept {
    switch (block) {
      case Block::kThrottled:
        return throttled;
      case Block::kOverloaded:
        return overloaded;
      case Block::kError:
        return error;
      case Block::kTimeout:
        return timeout;
      case Block::kNone:
      case Block::kUnusable:
        return true;
    }
    return true;
  }
};

struct PlannedTier {
  std::vector<PlannedBackend> backends;
  SpillRule spill;
};

struct Plan {
  std::vector<PlannedTier> tiers;
  Algorithm algorithm = Algorithm::kLeastLoad;
  BreakerPolicy breaker;
  std::uint32_t attempts = 3;  ///< in all, the first included
};

}  // namespace penstock::routing
