#pragma once
// The gateway's metrics: every family with its help and labels, and the cells that a core writes.
// One file per module declares metrics; docs/reference/metrics.md lists them.
//
// gen_ai_* follow the OpenTelemetry conventions for generative AI in Prometheus form. Labels are
// bounded: routes, deployments and models are those of the configuration, never what a client sent.

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/request/operation.h"
#include "gateway/response/usage.h"
#include "telemetry/registry.h"

namespace penstock::gateway {

/// Cells of one route and deployment (both may be empty: the call got no further).
struct CallSeries {
  std::vector<std::pair<int, telemetry::Cell*>> by_status;  ///< requests_total
  telemetry::Cell* input = nullptr;
  telemetry::Cell* cached = nullptr;
  telemetry::Cell* output = nullptr;
  telemetry::Cell* reasoning = nullptr;
  telemetry::Cell* estimated_calls = nullptr;
};

/// Histograms of one deployment and operation.
struct ModelSeries {
  telemetry::Histogram* input_tokens = nullptr;
  telemetry::Histogram* output_tokens = nullptr;
  telemetry::Histogram* duration = nullptr;
  telemetry::Histogram* first_token = nullptr;
  telemetry::Histogram* per_output_token = nullptr;
};

/// What a deployment's series are labelled with.
struct ModelLabels {
  std::string_view deployment;
  std::string_view model;
  std::string_view provider;  ///< gen_ai.provider.name
};

class Metrics {
 public:
  explicit Metrics(telemetry::Registry& registry);

  telemetry::Cell& in_flight;
  telemetry::Cell& client_disconnects;
  telemetry::Cell& snapshot_generation;

  [[nodiscard]] CallSeries call_series(std::string_view route, std::string_view deployment);
  [[nodiscard]] ModelSeries model_series(const ModelLabels& labels, Operation operation);
  void count_status(CallSeries& series, std::string_view route, std::string_view deployment,
                    int status);

  // Rare events: looked up when they happen.
  void count_retry(std::string_view deployment, std::string_view reason);
  void count_stream_error(std::string_view deployment, std::string_view reason);
  void count_breaker_opened(std::string_view deployment);
  void count_refused(std::string_view reason);
  void count_wait(std::string_view route, std::string_view reason, std::string_view end);
  void observe_wait(std::string_view route, std::string_view reason,
                    std::chrono::nanoseconds waited);
  void show_snapshot(std::string_view old_version, std::string_view new_version);

 private:
  telemetry::Registry& registry_;
};

}  // namespace penstock::gateway
