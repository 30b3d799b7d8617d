#pragma once
// The engine model on a real clock: starts its iterations, waits as long as they take, tells each
// generation what came. Knows the loop's clock and the model; must not know HTTP or text.
//
// Model time runs `speedup` times as fast as the loop's clock. Timers tick in milliseconds, so
// several iterations may end in one tick; each begins where the one before ended, so the pace is
// exact on average and nothing is early by more than a tick. Before a request enters, the model is
// brought up to now: an iteration never contains a request that came after its start.
//
// Thread: the loop's.

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/metrics.h"
#include "net/event.h"
#include "net/loop.h"
#include "sim/engine_model/engine.h"

namespace penstock::engine {

/// One request in the model. Its owner keeps it in place from submit() until `finished` or abort().
struct Generation {
  net::Event* progress = nullptr;  ///< set when something below has changed
  EngineMetrics::Reason reason = EngineMetrics::Reason::kStop;  ///< to count when it finishes
  std::uint32_t prompt_tokens = 0;
  std::uint32_t produced = 0;  ///< output tokens so far
  std::uint32_t cached = 0;    ///< prompt tokens found in the prefix cache
  bool finished = false;
  bool wake_per_token = true;  ///< false: `progress` is set at the end only

  // RealTimeEngine's own.
  bool held = false;
  sim::RequestHandle handle;
  std::uint32_t index = 0;
  SteadyTime submitted{};
  SteadyTime scheduled{};
  SteadyTime first{};
  SteadyTime last{};
};

class RealTimeEngine {
 public:
  /// `speedup` > 0. The three must outlive it.
  RealTimeEngine(net::Loop& loop, sim::Engine& engine, EngineMetrics& metrics, double speedup);

  /// Errors: those of sim::Engine::add().
  [[nodiscard]] Result<void> submit(Generation& generation, const sim::EngineRequest& request);

  /// Takes it out at once, with its KV blocks; nothing happens if it is not in.
  void abort(Generation& generation);

  /// Completes what is due: before somebody reads the engine's gauges.
  void catch_up();

 private:
  [[nodiscard]] SteadyTime model_now() const;
  void begin(SteadyTime at);
  void arm();
  void deliver(const sim::EngineEvent& event);
  void finish(Generation& generation);
  [[nodiscard]] double real_seconds(SteadyTime::duration model_time) const;

  net::Loop& loop_;
  sim::Engine& engine_;
  EngineMetrics& metrics_;
  double speedup_;
  SteadyTime origin_;
  SteadyTime ends_{};  ///< of the iteration under way, in model time
  net::MemberTimer<&RealTimeEngine::catch_up> timer_{*this};
  std::vector<Generation*> held_;  ///< by the id that the model knows
  std::vector<std::uint32_t> vacant_;
};

}  // namespace penstock::engine
