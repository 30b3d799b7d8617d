#pragma once
// Whether bytes are text at all: UTF-8 without control characters, as kubectl asks of a manifest.
// (yaml-cpp would put U+FFFD in place of what it cannot read.)

#include <optional>
#include <string_view>

#include "json/yaml.h"

namespace penstock::json {

/// The first line that is not text, or nothing.
[[nodiscard]] std::optional<YamlProblem> not_text(std::string_view text);

}  // namespace penstock::json
