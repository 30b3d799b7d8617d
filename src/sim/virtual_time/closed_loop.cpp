#include "sim/virtual_time/closed_loop.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sim/virtual_time/fleet.h"

namespace penstock::sim {

Result<RequestLog> run_closed_loop(Engine engine, const ClosedLoop& load) {
  RequestLog log;
  std::vector<Engine> engines;
  engines.push_back(std::move(engine));
  Fleet fleet(std::move(engines), Fleet::Coupling::kClosed);
  std::optional<Error> refused;

  const auto send = [&] {
    const RequestId id = log.arrive(fleet.now());
    const auto chain = distinct_chain(id, load.prompt_tokens, fleet.engine(0).config().block_size);
    auto handle = fleet.add(0, {.id = id,
                                .prompt_tokens = load.prompt_tokens,
                                .output_tokens = load.output_tokens,
                                .block_hashes = chain});
    if (!handle) {
      refused = std::move(handle).error();
    }
  };
  const auto sink = [&](std::uint32_t, const EngineEvent& event) {
    log.record(event);
    if (event.kind == EventKind::kFinished && log.timings().size() < load.requests) {
      send();
    }
  };
  const std::uint32_t clients = std::min(load.concurrency, load.requests);
  for (std::uint32_t client = 0; client < clients && !refused; ++client) {
    fleet.run_until(SteadyTime{} + load.ramp * client / clients, sink);
    if (log.timings().size() < load.requests) {
      send();
    }
  }
  fleet.run_until(SteadyTime::max(), sink);
  if (refused) {
    return fail(std::move(*refused));
  }
  return log;
}

}  // namespace penstock::sim
