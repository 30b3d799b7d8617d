#pragma once
// The pods of one deployment on virtual time: created, cold, ready, draining, gone, and the
// accelerator time they hold. Knows engines and their lives; must not know calls, routing or
// policy.

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "routing/endpoint_state.h"
#include "sim/engine_model/engine.h"
#include "sim/scenario/scaler.h"

namespace penstock::sim {

enum class PodPhase : std::uint8_t { kStarting, kReady, kDraining };

struct Pod {
  std::uint32_t serial = 0;
  PodPhase phase = PodPhase::kStarting;
  SteadyTime created{};
  SteadyTime ready_since{};
  Engine engine;
  std::vector<routing::EndpointState> endpoints;  ///< what each gateway core knows of it
  bool rested = false;                            ///< has work, perhaps, and no iteration under way
};

class Pods {
 public:
  /// kInvalid when no engine can be made of it.
  [[nodiscard]] static Result<Pods> create(const EngineConfig& config, const PerfModel& perf,
                                           std::uint32_t gateway_cores);

  /// A new pod's slot; slots of pods that are gone are used again.
  std::uint32_t add(SteadyTime now, PodPhase phase);

  /// Takes away `count` pods: first the youngest of those that are still starting, then ready ones
  /// in the order given (serial numbers), then the youngest ready ones, as a ReplicaSet chooses.
  /// Idle ones go at once, others drain. True if a ready one was among them.
  bool take_away(std::uint32_t count, std::span<const std::uint32_t> first, SteadyTime now);

  /// True if the pod in this slot is still that one and was starting: now it serves.
  bool make_ready(std::uint32_t slot, std::uint32_t serial, SteadyTime now);

  /// A draining pod that has nothing left to do gives its accelerators back.
  void remove_if_drained(std::uint32_t slot, SteadyTime now);

  [[nodiscard]] Pod& at(std::uint32_t slot) { return *slots_[slot]; }
  [[nodiscard]] const std::vector<std::uint32_t>& ready() const { return ready_; }
  [[nodiscard]] std::uint32_t starting() const { return starting_; }
  [[nodiscard]] std::uint32_t draining() const { return draining_; }
  [[nodiscard]] std::uint32_t holding() const {
    return static_cast<std::uint32_t>(ready_.size()) + starting_ + draining_;
  }
  [[nodiscard]] std::uint64_t created() const { return serials_; }
  [[nodiscard]] std::uint64_t removed() const { return removed_; }

  /// Every pod that is there.
  void list(std::vector<PodLife>& lives) const;

  /// Reads every ready pod's metrics.
  void scrape(SteadyTime now, std::vector<PodSample>& samples) const;

  /// Pod time from each creation to its end, not counted after `until`.
  [[nodiscard]] std::chrono::nanoseconds held(SteadyTime until) const;

  /// Totals over all pods that ever were.
  [[nodiscard]] EngineCounters counters() const;
  [[nodiscard]] std::uint64_t blocks_in_use() const;

 private:
  Pods(const EngineConfig& config, PerfModel perf, std::uint32_t gateway_cores)
      : config_(config), perf_(std::move(perf)), gateway_cores_(gateway_cores) {}
  void take_youngest_starting(SteadyTime now);
  void drain(std::size_t ready_index, SteadyTime now);
  void remove(std::uint32_t slot, SteadyTime now);

  struct Life {
    SteadyTime from{};
    SteadyTime to{};
  };

  EngineConfig config_;
  PerfModel perf_;
  std::uint32_t gateway_cores_;
  std::vector<std::unique_ptr<Pod>> slots_;
  std::vector<std::uint32_t> vacant_;
  std::vector<std::uint32_t> ready_;  ///< slots, the one ready for longest first
  std::uint32_t starting_ = 0;
  std::uint32_t draining_ = 0;
  std::uint32_t serials_ = 0;
  std::uint64_t removed_ = 0;
  std::vector<Life> lives_;  ///< of pods that are gone
  EngineCounters gone_;
};

}  // namespace penstock::sim
