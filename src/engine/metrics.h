#pragma once
// What the engine counts, and its /metrics page. Knows vLLM's names and one engine's counters; must
// not know HTTP or clocks. One thread.

#include <cstdint>
#include <string>

#include "sim/engine_model/engine.h"
#include "telemetry/registry.h"

namespace penstock::engine {

/// How one request went, in real seconds.
struct RequestTimes {
  double end_to_end = 0;
  double queue = 0;
  double prefill = 0;
  double decode = 0;
  std::uint32_t prompt_tokens = 0;
  std::uint32_t output_tokens = 0;
};

class EngineMetrics {
 public:
  EngineMetrics(std::string model_name, const sim::Engine& engine);

  void iteration(std::uint32_t tokens) { iteration_tokens_.observe(tokens); }
  void first_token(double seconds) { first_token_.observe(seconds); }
  void next_token(double seconds) { inter_token_.observe(seconds); }
  void accepted(std::uint32_t max_tokens) { max_tokens_.observe(max_tokens); }
  void finished(const RequestTimes& times);

  enum class Reason : std::uint8_t { kStop, kLength, kAbort };
  void ended(Reason reason);

  /// The scrape.
  [[nodiscard]] std::string text(const sim::Engine& engine);

 private:
  [[nodiscard]] telemetry::Histogram& histogram(const telemetry::Family& family) {
    return registry_.histogram(family, {model_name_, "0"});
  }
  void set(const telemetry::Family& family, std::uint64_t value);

  std::string model_name_;
  telemetry::Registry registry_;
  telemetry::Histogram& first_token_;
  telemetry::Histogram& inter_token_;
  telemetry::Histogram& max_tokens_;
  telemetry::Histogram& iteration_tokens_;
};

}  // namespace penstock::engine
