#pragma once
// SHA-256 of a presented API key, without allocation. Knows OpenSSL; any thread.

#include <string_view>

#include "gateway/snapshot/key_table.h"

namespace penstock::gateway {

[[nodiscard]] snapshot::KeyDigest key_digest(std::string_view key) noexcept;

}  // namespace penstock::gateway
