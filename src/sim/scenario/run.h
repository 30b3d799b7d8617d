#pragma once
// The inside of simulate(): the state of one run and its steps. Included by its own sources and
// tests only.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/random.h"
#include "routing/work.h"
#include "sim/scenario/front.h"
#include "sim/scenario/pods.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/tally.h"
#include "sim/trace/request.h"
#include "sim/virtual_time/event_queue.h"

namespace penstock::sim {

class Run {
 public:
  Run(const Scenario& scenario, const PerfModel& perf, Pods pods, TraceSource& trace,
      Scaler& scaler);

  [[nodiscard]] Result<Outcome> run();

 private:
  static constexpr std::chrono::seconds kTick{1};

  enum class Step : std::uint8_t { kTick, kScrape, kPublish, kReady };
  struct Control {
    Step step = Step::kTick;
    std::uint32_t slot = 0;  ///< kReady
    std::uint32_t serial = 0;
  };
  struct Call {
    CallTimes times;
    std::uint32_t core = 0;  ///< of the gateways
    routing::Work work;
    routing::Breaker::Ticket ticket;
    std::vector<std::uint64_t> blocks;  ///< only while it is held at the gateway
  };

  [[nodiscard]] SteadyTime arrival() const;
  [[nodiscard]] bool over() const;
  [[nodiscard]] Result<> fetch();

  void end_iterations();
  void on_event(std::uint32_t slot, const EngineEvent& event);
  void do_controls();
  void do_control(const Control& control);
  void start_iterations();

  void arrive();
  [[nodiscard]] std::uint32_t new_call();
  void tell_gateways();
  [[nodiscard]] bool dispatch(std::uint32_t call, std::span<const std::uint64_t> blocks);
  void release(std::uint32_t call) { vacant_calls_.push_back(call); }
  void drain_queue();
  void give_up_late();

  void tick();
  void scale_to(std::uint32_t wanted, const Observation& seen);
  [[nodiscard]] GatewaySample report() const;
  void forget_samples_of_gone_pods();

  const Scenario& scenario_;
  const PerfModel& perf_;
  Pods pods_;
  TraceSource& trace_;
  Scaler& scaler_;
  Sampling sampling_;
  std::deque<Front> fronts_;  ///< per gateway core
  Random cores_;              ///< which core a call comes to
  Tally tally_;

  SteadyTime now_{};
  SteadyTime last_arrival_{};
  std::optional<TraceRequest> pending_;  ///< the next call of the trace
  EventQueue<std::uint32_t> ends_;       ///< iterations under way, by pod slot
  EventQueue<Control> controls_;
  std::vector<std::uint32_t> rested_;
  std::vector<Call> calls_;
  std::vector<std::uint32_t> vacant_calls_;
  std::deque<std::uint32_t> queue_;  ///< calls held at the gateway, the oldest first
  std::uint32_t in_flight_ = 0;
  std::uint32_t desired_ = 0;
  std::vector<PodLife> lives_;
  std::vector<PodSample> scraped_;  ///< on its way
  std::vector<PodSample> visible_;
  GatewaySample counts_;    ///< now
  GatewaySample reported_;  ///< as of the last report
};

}  // namespace penstock::sim
