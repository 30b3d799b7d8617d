#include "app/gateway/source_metrics.h"

#include <array>

namespace penstock::app::gateway_role {
namespace {

constexpr std::array<std::string_view, 1> kBySource{"source"};
constexpr telemetry::Family kSource{"penstock_gateway_configuration_source",
                                    "1 for the way by which the configuration in force has come.",
                                    telemetry::Kind::kGauge,
                                    kBySource,
                                    {}};
constexpr telemetry::Family kConnected{"penstock_gateway_configuration_stream_connected",
                                       "1 while the controller is followed.",
                                       telemetry::Kind::kGauge,
                                       {},
                                       {}};
constexpr std::array kSources{source::kFile, source::kCopy, source::kWatch, source::kStream};

}  // namespace

SourceMetrics::SourceMetrics() {
  for (const auto name : kSources) {
    registry_.cell(kSource, {name}).set(0);
  }
  registry_.cell(kConnected).set(0);
}

void SourceMetrics::in_force(std::string_view name) {
  for (const auto known : kSources) {
    registry_.cell(kSource, {known}).set(known == name ? 1 : 0);
  }
}

void SourceMetrics::stream_connected(bool connected) {
  registry_.cell(kConnected).set(connected ? 1 : 0);
}

}  // namespace penstock::app::gateway_role
