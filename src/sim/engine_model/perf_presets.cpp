#include "sim/engine_model/perf_presets.h"

#include <string>

namespace penstock::sim {

Result<PerfModel> perf_preset(std::string_view name, Calibration calibration) {
  std::string known;
  for (const PerfPreset& preset : perf_presets()) {
    if (preset.name == name) {
      return PerfModel::parse(std::string(preset.name), preset.csv, calibration);
    }
    known += known.empty() ? "" : ", ";
    known += preset.name;
  }
  return fail(Code::kNotFound, "performance model \"" + std::string(name) +
                                   "\" is not compiled in; there are: " + known);
}

}  // namespace penstock::sim
