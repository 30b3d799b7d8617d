#pragma once
// A document's text as it is stored where space is short (a Kubernetes Secret holds 1 MiB): plain
// while it is small, gzip (RFC 1952) when it is not. Knows no document.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::gateway::snapshot {

/// Texts up to this size stay readable. Equal texts give equal bytes.
inline constexpr std::size_t kPlainLimit = 64U << 10U;

[[nodiscard]] Result<std::string> pack(std::string_view text);

/// What pack() was given; text that is not packed is returned as it is. Error kInvalid when it is
/// damaged, kTooLarge when it would grow beyond 256 MiB.
[[nodiscard]] Result<std::string> unpack(std::string_view bytes);

}  // namespace penstock::gateway::snapshot
