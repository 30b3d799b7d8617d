#include "sim/scenario/scenario.h"

#include <string>

#include "base/time_format.h"

namespace penstock::sim {
namespace {

std::unexpected<Error> wrong(const std::string& flag, const std::string& value,
                             const std::string& remedy) {
  return fail(Code::kInvalid, flag + " is " + value + ", it must be " + remedy);
}

}  // namespace

Result<> check(const Scenario& scenario) {
  constexpr std::uint32_t kMostReplicas = 10'000;
  using std::chrono::nanoseconds;
  if (scenario.max_replicas == 0 || scenario.max_replicas > kMostReplicas) {
    return wrong("--max", std::to_string(scenario.max_replicas),
                 "between 1 and " + std::to_string(kMostReplicas));
  }
  if (scenario.min_replicas > scenario.max_replicas) {
    return wrong("--min", std::to_string(scenario.min_replicas),
                 "at most --max, " + std::to_string(scenario.max_replicas));
  }
  if (scenario.initial_replicas > scenario.max_replicas) {
    return wrong("--initial", std::to_string(scenario.initial_replicas),
                 "at most --max, " + std::to_string(scenario.max_replicas));
  }
  constexpr std::uint32_t kMostCores = 1'000;
  if (scenario.gateway_cores == 0 || scenario.gateway_cores > kMostCores) {
    return wrong("--gateway-cores", std::to_string(scenario.gateway_cores),
                 "between 1 and " + std::to_string(kMostCores));
  }
  const ServiceLevel& level = scenario.level;
  if (level.ttft <= nanoseconds{0}) {
    return wrong("--slo-ttft", format_duration(level.ttft), "above 0, for example 1s");
  }
  if (level.tpot <= nanoseconds{0}) {
    return wrong("--slo-tpot", format_duration(level.tpot), "above 0, for example 100ms");
  }
  if (!(level.prefill_factor >= 0)) {
    return wrong("--slo-prefill", std::to_string(level.prefill_factor), "0 or more");
  }
  if (scenario.cold_start < nanoseconds{0}) {
    return wrong("--cold-start", format_duration(scenario.cold_start), "0s or more");
  }
  if (scenario.queue_timeout <= nanoseconds{0}) {
    return wrong("--queue-timeout", format_duration(scenario.queue_timeout),
                 "above 0, for example 10m");
  }
  if (scenario.overhead < nanoseconds{0}) {
    return wrong("--overhead", format_duration(scenario.overhead), "0s or more");
  }
  if (scenario.bucket < std::chrono::seconds(1)) {
    return wrong("--bucket", format_duration(scenario.bucket), "at least 1s");
  }
  return {};
}

}  // namespace penstock::sim
