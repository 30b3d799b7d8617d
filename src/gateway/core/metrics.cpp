#include "gateway/core/metrics.h"

#include <string>

namespace penstock::gateway {
namespace {

using telemetry::Family;
using telemetry::Kind;

// Bucket bounds as the OpenTelemetry conventions advise them.
constexpr std::array kTokenBounds{1.0,       4.0,       16.0,       64.0,      256.0,
                                  1024.0,    4096.0,    16384.0,    65536.0,   262144.0,
                                  1048576.0, 4194304.0, 16777216.0, 67108864.0};
constexpr std::array kSecondsBounds{0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                    1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
constexpr std::array kFirstTokenBounds{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                       0.25,  0.5,   0.75, 1.0,  2.5,  5.0,  7.5,  10.0};
constexpr std::array kPerTokenBounds{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,
                                     0.3,  0.4,   0.5,  0.75,  1.0, 2.5};

constexpr std::string_view kByCall[] = {"route", "deployment", "code"};
constexpr std::string_view kByTokenType[] = {"route", "deployment", "type"};
constexpr std::string_view kByRouteDeployment[] = {"route", "deployment"};
constexpr std::string_view kByDeploymentReason[] = {"deployment", "reason"};
constexpr std::string_view kByReason[] = {"reason"};
constexpr std::string_view kByDeployment[] = {"deployment"};
constexpr std::string_view kByRouteReason[] = {"route", "reason"};
constexpr std::string_view kByRouteReasonEnd[] = {"route", "reason", "end"};
constexpr std::string_view kByVersion[] = {"version"};
constexpr std::string_view kByModel[] = {"gen_ai_operation_name", "gen_ai_provider_name",
                                         "gen_ai_request_model", "deployment"};
constexpr std::string_view kByModelToken[] = {"gen_ai_operation_name", "gen_ai_provider_name",
                                              "gen_ai_request_model", "deployment",
                                              "gen_ai_token_type"};

constexpr Family kRequests{
    "penstock_gateway_requests_total",
    "Calls answered, by the status that the client saw (499: it left first).",
    Kind::kCounter,
    kByCall,
    {}};
constexpr Family kUsageTokens{"penstock_gateway_usage_tokens_total",
                              "Tokens used, by type; cached is part of input, reasoning of output.",
                              Kind::kCounter,
                              kByTokenType,
                              {}};
constexpr Family kEstimated{
    "penstock_gateway_usage_estimated_total",
    "Calls whose tokens the gateway counted itself because the upstream did not say.",
    Kind::kCounter,
    kByRouteDeployment,
    {}};
constexpr Family kInFlight{
    "penstock_gateway_requests_in_flight", "Inference calls being served.", Kind::kGauge, {}, {}};
constexpr Family kDisconnects{"penstock_gateway_client_disconnects_total",
                              "Calls whose client left before the answer's end.",
                              Kind::kCounter,
                              {},
                              {}};
constexpr Family kRetries{
    "penstock_gateway_upstream_retries_total",
    "Attempts that were followed by another one, by the deployment that failed and why.",
    Kind::kCounter,
    kByDeploymentReason,
    {}};
constexpr Family kStreamErrors{"penstock_gateway_stream_errors_total",
                               "Streams that broke after their first byte, by reason.",
                               Kind::kCounter,
                               kByDeploymentReason,
                               {}};
constexpr Family kBreakerOpened{
    "penstock_gateway_breaker_opened_total",
    "Times that a core stopped sending calls to an endpoint that failed.",
    Kind::kCounter,
    kByDeployment,
    {}};
constexpr Family kRefused{"penstock_gateway_requests_refused_total",
                          "Calls refused before a route was chosen, by reason.",
                          Kind::kCounter,
                          kByReason,
                          {}};
constexpr Family kWaits{"penstock_gateway_waits_total",
                        "Stays of calls in the gateway until an endpoint could take them, by how "
                        "they ended: released, expired, left (by the client), refused (no room).",
                        Kind::kCounter,
                        kByRouteReasonEnd,
                        {}};
constexpr Family kWaitSeconds{"penstock_gateway_wait_seconds",
                              "How long calls had waited when a stay ended; reason: cold_start or "
                              "queue.",
                              Kind::kHistogram, kByRouteReason, kSecondsBounds};
constexpr Family kSnapshot{"penstock_gateway_snapshot_info",
                           "Cores that run this version of the configuration.",
                           Kind::kGauge,
                           kByVersion,
                           {}};
constexpr Family kGeneration{"penstock_gateway_snapshots_applied_total",
                             "Configurations applied since the start, summed over cores.",
                             Kind::kCounter,
                             {},
                             {}};
constexpr Family kTokenUsage{"gen_ai_client_token_usage", "Tokens per call.", Kind::kHistogram,
                             kByModelToken, kTokenBounds};
constexpr Family kDuration{"gen_ai_server_request_duration_seconds",
                           "Time from a call's head to its answer's last byte.", Kind::kHistogram,
                           kByModel, kSecondsBounds};
constexpr Family kFirstToken{"gen_ai_server_time_to_first_token_seconds",
                             "Time from a streamed call's head to its first event.",
                             Kind::kHistogram, kByModel, kFirstTokenBounds};
constexpr Family kPerToken{"gen_ai_server_time_per_output_token_seconds",
                           "Mean time between output tokens of a stream after the first.",
                           Kind::kHistogram, kByModel, kPerTokenBounds};

}  // namespace

Metrics::Metrics(telemetry::Registry& registry)
    : in_flight(registry.cell(kInFlight)),
      client_disconnects(registry.cell(kDisconnects)),
      snapshot_generation(registry.cell(kGeneration)),
      registry_(registry) {}

CallSeries Metrics::call_series(std::string_view route, std::string_view deployment) {
  const auto tokens = [&](std::string_view type) {
    return &registry_.cell(kUsageTokens, {route, deployment, type});
  };
  return {.by_status = {},
          .input = tokens("input"),
          .cached = tokens("cached"),
          .output = tokens("output"),
          .reasoning = tokens("reasoning"),
          .estimated_calls = &registry_.cell(kEstimated, {route, deployment})};
}

ModelSeries Metrics::model_series(const ModelLabels& labels, Operation operation) {
  const std::string_view name = operation_name(operation);
  const auto seconds = [&](const Family& family) {
    return &registry_.histogram(family, {name, labels.provider, labels.model, labels.deployment});
  };
  const auto tokens = [&](std::string_view type) {
    return &registry_.histogram(kTokenUsage,
                                {name, labels.provider, labels.model, labels.deployment, type});
  };
  return {.input_tokens = tokens("input"),
          .output_tokens = tokens("output"),
          .duration = seconds(kDuration),
          .first_token = seconds(kFirstToken),
          .per_output_token = seconds(kPerToken)};
}

void Metrics::count_status(CallSeries& series, std::string_view route, std::string_view deployment,
                           int status) {
  for (const auto& [known, cell] : series.by_status) {
    if (known == status) {
      cell->add();
      return;
    }
  }
  telemetry::Cell& cell = registry_.cell(kRequests, {route, deployment, std::to_string(status)});
  series.by_status.emplace_back(status, &cell);
  cell.add();
}

void Metrics::count_retry(std::string_view deployment, std::string_view reason) {
  registry_.cell(kRetries, {deployment, reason}).add();
}

void Metrics::count_stream_error(std::string_view deployment, std::string_view reason) {
  registry_.cell(kStreamErrors, {deployment, reason}).add();
}

void Metrics::count_breaker_opened(std::string_view deployment) {
  registry_.cell(kBreakerOpened, {deployment}).add();
}

void Metrics::count_refused(std::string_view reason) {
  registry_.cell(kRefused, {reason}).add();
}

void Metrics::count_wait(std::string_view route, std::string_view reason, std::string_view end) {
  registry_.cell(kWaits, {route, reason, end}).add();
}

void Metrics::observe_wait(std::string_view route, std::string_view reason,
                           std::chrono::nanoseconds waited) {
  registry_.histogram(kWaitSeconds, {route, reason})
      .observe(std::chrono::duration<double>(waited).count());
}

void Metrics::show_snapshot(std::string_view old_version, std::string_view new_version) {
  if (!old_version.empty()) {
    registry_.cell(kSnapshot, {old_version}).set(0);
  }
  registry_.cell(kSnapshot, {new_version}).set(1);
  snapshot_generation.add();
}

}  // namespace penstock::gateway
