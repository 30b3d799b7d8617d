#pragma once
// Several engines on one virtual clock. Knows when each engine's iteration ends; must not know
// traces, routing or SLOs.
//
//   Fleet fleet(std::move(engines), Fleet::Coupling::kOpen);
//   for (const Arrival& a : trace) {
//     fleet.run_until(a.time, on_event);              // everything before the arrival, ends at its
//     time included fleet.add(pick(fleet), a.request);              // looks at queues as they are
//     at that time
//   }
//   fleet.run_until(SteadyTime::max(), on_event);     // until all is done
//
// Order at one instant: iterations end (lower engine first), then callers add, then iterations
// start. One thread.

#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "sim/engine_model/engine.h"
#include "sim/virtual_time/event_queue.h"

namespace penstock::sim {

class Fleet {
 public:
  /// Whether events may cause additions. It decides how far an engine may run ahead, not what comes
  /// out.
  enum class Coupling : std::uint8_t {
    kOpen,    ///< the sink never calls add() or abort(): engines are independent until the next
              ///< run_until ends
    kClosed,  ///< it may, on any engine
  };
  using EventSink = std::function<void(std::uint32_t engine, const EngineEvent& event)>;

  Fleet(std::vector<Engine> engines, Coupling coupling, SteadyTime start = {});

  /// At now(). Errors as Engine::add.
  Result<RequestHandle> add(std::uint32_t engine, const EngineRequest& request);
  bool abort(std::uint32_t engine, RequestHandle handle);

  /// Ends every iteration that ends at or before `until` and leaves now() there, or at the last end
  /// when all engines fall idle and `until` is SteadyTime::max().
  void run_until(SteadyTime until, const EventSink& sink);

  [[nodiscard]] SteadyTime now() const { return now_; }
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(engines_.size()); }
  [[nodiscard]] const Engine& engine(std::uint32_t index) const { return engines_[index]; }

 private:
  void start_rested(SteadyTime until);

  std::vector<Engine> engines_;
  std::vector<std::uint32_t>
      rested_;  ///< not busy, and perhaps with work; may name an engine twice
  EventQueue<std::uint32_t> ends_;
  SteadyTime now_;
  Coupling coupling_;
};

}  // namespace penstock::sim
