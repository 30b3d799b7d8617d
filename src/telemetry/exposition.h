#pragma once
// The scrape: adds up the cores' registries and writes the Prometheus text format (0.0.4). Any
// thread. Source: https://prometheus.io/docs/instrumenting/exposition_formats/.

#include <span>
#include <string>

#include "telemetry/registry.h"

namespace penstock::telemetry {

class Exposition {
 public:
  /// Families in order of name, series in order of labels: the same state gives the same text.
  [[nodiscard]] static std::string text(std::span<const Registry* const> registries);
};

inline constexpr std::string_view kExpositionContentType =
    "text/plain; version=0.0.4; charset=utf-8";

}  // namespace penstock::telemetry
