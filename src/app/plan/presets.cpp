#include "app/plan/presets.h"

#include "json/yaml.h"

namespace penstock::app::plan {

Result<std::vector<crd::AcceleratorProfile>> presets() {
  const json::YamlStream stream = json::parse_yaml(preset_text(), "presets");
  PENSTOCK_CHECK_OK(stream.check());
  std::vector<crd::AcceleratorProfile> out;
  for (const json::YamlDocument& document : stream.documents) {
    PENSTOCK_TRY(profile, crd::parse_accelerator_profile(*document.value));
    out.push_back(std::move(profile));
  }
  return out;
}

}  // namespace penstock::app::plan
