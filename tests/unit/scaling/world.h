#pragma once
// A small closed world for the scaling rule, one second a step: one gateway with random calls,
// engines that follow the engine-time model, pods that take time to start. What the rule decides is
// done. Everything is drawn from a seed.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/random.h"
#include "scaling/policy.h"

namespace penstock::scaling::testing_support {

struct WorldOptions {
  EngineTimes truth{.prefill = 60e-6, .decode = 70e-6, .iteration = 0.015};
  double kv_tokens = 400'000;
  double calls_per_second = 5;
  double prompt_tokens = 1'000;
  double output_tokens = 200;
  int cold_start_seconds = 60;
  int replicas = 2;
  bool noise = true;  ///< false: the same number of equal calls each second
  std::uint64_t seed = 1;
};

[[nodiscard]] Settings settings_for(const WorldOptions& options, std::int32_t least,
                                    std::int32_t most);

class World {
 public:
  World(const WorldOptions& options, const Settings& settings);

  /// What a tick shows, before the rule sees it; tests may spoil it.
  struct View {
    std::vector<GatewayReport> gateways;
    std::vector<PodReport> pods;
    std::int32_t replicas = 0;
    std::optional<std::int32_t> fixed{};
  };
  std::function<void(View&)> spoil = [](View&) {};

  /// One second passes, then the rule decides and its decision is done.
  Decision step();
  /// Steps; calls `look` with each decision.
  void run(int seconds, const std::function<void(const Decision&)>& look = {});

  void set_rate(double calls_per_second) { options_.calls_per_second = calls_per_second; }
  /// As if the controller had restarted with this state.
  void restart(State state) { state_ = std::move(state); }
  void scale_to(std::int32_t replicas) { replicas_ = replicas; }

  Settings settings;
  [[nodiscard]] State& state() { return state_; }
  [[nodiscard]] SteadyTime now() const { return now_; }
  [[nodiscard]] std::int32_t replicas() const { return replicas_; }
  /// In a dry run: what would run.
  [[nodiscard]] std::int32_t recommended() const { return recommended_.value_or(replicas_); }
  [[nodiscard]] std::int32_t ready() const;
  [[nodiscard]] double calls_done() const { return calls_done_; }
  /// Mean time per output token of all running calls since the last time that it was asked.
  [[nodiscard]] double token_seconds();

 private:
  struct Pod {
    PodId id = 0;
    SteadyTime created{};
    SteadyTime ready_at{};
    std::vector<double> left{};  ///< output tokens still to come, of running calls
    std::vector<double> held{};  ///< KV tokens of running calls
    double prefill_queue = 0;    ///< prompt tokens not yet computed
    double prompt_total = 0;
    double generated_total = 0;
    double iterations_total = 0;
  };

  void reconcile_pods();
  void arrive();
  void serve(Pod& pod);
  [[nodiscard]] int draw_calls();
  [[nodiscard]] double draw_size(double mean);
  [[nodiscard]] EngineSample sample(const Pod& pod) const;
  [[nodiscard]] Pod* least_loaded();

  WorldOptions options_;
  State state_;
  SteadyTime now_{std::chrono::seconds(100'000)};
  Random random_;
  std::int32_t replicas_ = 0;
  std::optional<std::int32_t> recommended_;
  std::vector<Pod> pods_;
  PodId next_pod_ = 1;
  std::vector<std::pair<double, double>> waiting_;  ///< calls without a pod: prompt, output
  DemandSample demand_;
  double calls_done_ = 0;
  double tokens_ = 0;
  double sequence_seconds_ = 0;
};

}  // namespace penstock::scaling::testing_support
