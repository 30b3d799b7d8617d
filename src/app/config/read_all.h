#pragma once
// The files that a command was given by name, as parsed YAML. Reads disk and standard input; judges
// nothing.

#include <string>
#include <vector>

#include "json/yaml.h"

namespace penstock::app::config {

/// Files, folders with what is in them, "-" for standard input. What cannot be opened becomes a
/// problem of its own, so that one wrong name does not hide the rest.
[[nodiscard]] std::vector<json::YamlStream> read_all(const std::vector<std::string>& names);

}  // namespace penstock::app::config
