#pragma once
// The performance tables that are compiled in, by name. Knows which models and GPUs we have numbers
// for.
//
//   PENSTOCK_TRY(model, perf_preset("llama3.1-8b/h100"));

#include <span>
#include <string_view>

#include "base/result.h"
#include "sim/engine_model/perf_model.h"

namespace penstock::sim {

struct PerfPreset {
  std::string_view name;         ///< "model/gpu", e.g. "llama3.1-70b/h100"
  std::string_view description;  ///< one line for --help: GPUs, precision
  std::string_view csv;          ///< source and licence in its first line
};

inline constexpr std::string_view kDefaultPerfPreset = "llama3.1-8b/h100";

/// In a fixed order, the default first.
[[nodiscard]] std::span<const PerfPreset> perf_presets();

/// kNotFound lists the names that exist.
[[nodiscard]] Result<PerfModel> perf_preset(std::string_view name, Calibration calibration = {});

}  // namespace penstock::sim
