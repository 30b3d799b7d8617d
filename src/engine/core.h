#pragma once
// What all calls of one engine share. Knows the model and the calls in progress; must not know how
// they arrive. One loop's thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/random.h"
#include "engine/answer.h"
#include "engine/metrics.h"
#include "engine/options.h"
#include "engine/output_plan.h"
#include "engine/real_time.h"
#include "net/event.h"
#include "net/loop.h"
#include "sim/engine_model/engine.h"

namespace penstock::engine {

struct Core {
  /// `options.served_names` is not empty.
  Core(net::Loop& on, EngineOptions with, sim::Engine model)
      : loop(on),
        options(std::move(with)),
        engine(std::move(model)),
        metrics(options.served_names.front(), engine),
        real_time(loop, engine, metrics, options.speedup),
        fault_chance(options.seed),
        id_chance(entropy_seed()),
        quiet(loop) {}
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  [[nodiscard]] OutputLimits limits() const {
    return {.seed = options.seed,
            .default_output = options.default_output_tokens,
            .max_model_len = engine.config().max_model_len};
  }
  /// The name to answer with: the one asked for, or the first if none was.
  [[nodiscard]] const std::string* served(const std::string& name) const;

  [[nodiscard]] ModelCard card() const;

  net::Loop& loop;
  EngineOptions options;
  sim::Engine engine;
  EngineMetrics metrics;
  RealTimeEngine real_time;
  Random fault_chance;
  Random id_chance;
  std::int64_t created = 0;  ///< Unix seconds
  std::size_t active = 0;    ///< calls in the model
  bool draining = false;
  net::Event quiet;  ///< draining, and the last call has ended
};

/// Counts one call in the model as long as it lives.
class ActiveCall {
 public:
  explicit ActiveCall(Core& core) : core_(core) { ++core_.active; }
  ~ActiveCall() {
    if (--core_.active == 0 && core_.draining) {
      core_.quiet.set();
    }
  }
  ActiveCall(const ActiveCall&) = delete;
  ActiveCall& operator=(const ActiveCall&) = delete;

 private:
  Core& core_;
};

}  // namespace penstock::engine
