#pragma once
// Judges a set of parsed files. Pure: reads no disk.

#include <vector>

#include "app/validate/report.h"
#include "json/yaml.h"

namespace penstock::app::validate {

/// Each object by its schema and rules; then what the objects say about each other, as warnings
/// only, because what is missing here may exist in the cluster.
[[nodiscard]] Report check(const std::vector<json::YamlStream>& files);

}  // namespace penstock::app::validate
