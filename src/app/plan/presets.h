#pragma once
// The AcceleratorProfiles that come with Penstock: those that the chart installs, compiled in from
// the same file. Knows nothing of models.

#include <string_view>
#include <vector>

#include "base/result.h"
#include "crd/generated/accelerator_profile.h"

namespace penstock::app::plan {

/// charts/penstock/files/acceleratorprofiles.yaml as it was when this program was built.
[[nodiscard]] std::string_view preset_text();

[[nodiscard]] Result<std::vector<crd::AcceleratorProfile>> presets();

}  // namespace penstock::app::plan
