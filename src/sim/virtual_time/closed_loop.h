#pragma once
// The load of a classic benchmark: a fixed number of clients, each sending its next request when
// the last is answered. Knows one engine and one request shape; for traces and several engines use
// Fleet directly.

#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "sim/engine_model/engine.h"
#include "sim/virtual_time/request_log.h"

namespace penstock::sim {

struct ClosedLoop {
  std::uint32_t concurrency = 1;
  std::uint32_t requests = 1;  ///< in all
  TokenCount prompt_tokens = 1;
  TokenCount output_tokens = 1;
  std::chrono::nanoseconds ramp{0};  ///< clients start evenly spread over it
};

/// Starts at time 0; prompts share no prefix. Errors as Engine::add.
[[nodiscard]] Result<RequestLog> run_closed_loop(Engine engine, const ClosedLoop& load);

}  // namespace penstock::sim
