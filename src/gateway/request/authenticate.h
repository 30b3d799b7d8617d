#pragma once
// Who calls: from the request's headers and the snapshot's key table to a consumer, or the reason
// why not. Pure but for its argument `now`; keeps nothing of the key.

#include <cstdint>
#include <expected>

#include "base/clock.h"
#include "gateway/snapshot/snapshot.h"
#include "net/http_head.h"

namespace penstock::gateway {

enum class AuthFault { kMissing, kUnknown, kExpired };

/// The credential of `Authorization: Bearer`, else `api-key`, else `x-api-key`; empty when there is
/// none. A present but malformed Authorization does not hide the others (Azure's clients send
/// both).
[[nodiscard]] std::string_view presented_key(const net::HeaderList& headers) noexcept;

/// The index of the consumer.
[[nodiscard]] std::expected<std::uint32_t, AuthFault> authenticate(
    const net::HeaderList& headers, const snapshot::Snapshot& snapshot, WallTime now) noexcept;

/// False: the call did not come through the front door that the snapshot demands.
[[nodiscard]] bool through_front_door(const net::HeaderList& headers,
                                      const snapshot::Edge& edge) noexcept;

}  // namespace penstock::gateway
