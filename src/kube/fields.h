#pragma once
// Reads single fields of JSON that came from outside, without exceptions: a field of the wrong type
// counts as missing. Knows nothing of what they mean.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"

namespace penstock::kube {

/// The member, or nullptr when `object` is no object or has none of that name.
[[nodiscard]] const json::Value* member(const json::Value& object, std::string_view name);

/// Empty when missing.
[[nodiscard]] std::string text_at(const json::Value& object, std::string_view name);

[[nodiscard]] std::optional<std::int64_t> integer_at(const json::Value& object,
                                                     std::string_view name);

[[nodiscard]] bool flag_at(const json::Value& object, std::string_view name);

}  // namespace penstock::kube
