#pragma once
// How one engine is set up, under vLLM's names. A record; engine_server.h checks it.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/secret.h"
#include "engine/fault.h"
#include "sim/engine_model/engine_types.h"
#include "sim/engine_model/perf_model.h"

namespace penstock::engine {

struct EngineOptions {
  std::string model = "penstock/simulated";
  std::vector<std::string> served_names;  ///< empty: the model's
  sim::EngineConfig scheduling;
  Secret api_key;  ///< empty: none asked
  std::uint64_t seed = 0;
  double speedup = 1.0;
  std::uint32_t default_output_tokens = 128;
  std::uint32_t embedding_dimensions = 384;
  FaultOptions faults;
  bool allow_fault_header = false;
};

}  // namespace penstock::engine
