#pragma once
// The engine's rules written the obvious way: token by token, lists and maps, every sequence
// visited in every iteration. Slow; the tests compare the real engine with it event by event.

#include <list>
#include <map>
#include <optional>
#include <vector>

#include "sim/engine_model/engine_types.h"
#include "sim/engine_model/perf_model.h"

namespace penstock::sim {

class ReferenceEngine {
 public:
  ReferenceEngine(const EngineConfig& config, PerfModel perf);

  void add(const EngineRequest& request);
  void abort(RequestId id);
  /// The end of the iteration begun, or nullopt.
  std::optional<SteadyTime> start(SteadyTime now);
  std::vector<EngineEvent> complete();

  [[nodiscard]] std::uint32_t running() const;
  [[nodiscard]] std::uint32_t waiting() const;
  [[nodiscard]] std::uint32_t used_blocks() const {
    return blocks_ - static_cast<std::uint32_t>(free_.size());
  }

 private:
  enum class State : std::uint8_t { kWaiting, kPrefill, kDecode };
  struct Request {
    RequestId id = 0;
    std::pair<std::int32_t, std::uint64_t> key;
    State state = State::kWaiting;
    TokenCount prompt = 0;
    TokenCount output = 0;
    TokenCount generated = 0;
    TokenCount computed = 0;
    TokenCount cached = 0;
    bool admitted_before = false;
    std::uint64_t prompt_step = 0;  ///< 0 if its last step was a decode; else counts such steps
    TokenCount scheduled_now = 0;   ///< tokens in the iteration under way
    std::size_t published = 0;      ///< leading blocks that had their chance to be named
    std::vector<BlockHash> hashes;
    std::vector<std::uint32_t> held;
  };

  [[nodiscard]] std::vector<Request*> in_order(State state);
  [[nodiscard]] std::uint32_t blocks_for(TokenCount tokens) const;
  [[nodiscard]] TokenCount budget() const;
  void run(Request& request);
  bool admit(Request& request);
  void compute(Request& request, TokenCount tokens);
  void publish(Request& request);
  void preempt(Request& request);
  void release(Request& request);

  EngineConfig config_;
  PerfModel perf_;
  std::uint32_t blocks_;
  std::list<std::uint32_t> free_;
  std::map<std::uint32_t, std::uint32_t> references_;
  std::map<BlockHash, std::uint32_t> known_;
  std::map<RequestId, Request> requests_;
  std::vector<EngineEvent> events_;
  std::uint64_t arrivals_ = 0;
  std::uint64_t prompt_steps_ = 0;
  SteadyTime start_;
  SteadyTime end_;
  bool preempted_ = false;
};

}  // namespace penstock::sim
