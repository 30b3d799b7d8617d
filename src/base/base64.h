#pragma once
// Standard base64 (RFC 4648 §4), as Kubernetes writes bytes in Secrets and kubeconfigs.

#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock {

[[nodiscard]] std::string base64_encode(std::string_view bytes);

/// Line breaks and spaces are skipped; padding is required. Error kInvalid says where, and never
/// shows the content.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);

}  // namespace penstock
