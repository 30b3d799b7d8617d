#include "gateway/request/authenticate.h"

#include "gateway/request/key_digest.h"

namespace penstock::gateway {

std::string_view presented_key(const net::HeaderList& headers) noexcept {
  constexpr std::string_view kBearer = "bearer ";
  std::string_view value = headers.get(net::Known::kAuthorization);
  if (value.size() > kBearer.size() && net::iequals(value.substr(0, kBearer.size()), kBearer)) {
    value.remove_prefix(kBearer.size());
    while (value.starts_with(' ')) {
      value.remove_prefix(1);
    }
    return value;
  }
  value = headers.get(net::Known::kApiKey);
  return value.empty() ? headers.get(net::Known::kXApiKey) : value;
}

std::expected<std::uint32_t, AuthFault> authenticate(const net::HeaderList& headers,
                                                     const snapshot::Snapshot& snapshot,
                                                     WallTime now) noexcept {
  const std::string_view key = presented_key(headers);
  if (key.empty()) {
    return std::unexpected(AuthFault::kMissing);
  }
  const auto consumer = snapshot.keys().find(key_digest(key));
  if (!consumer) {
    return std::unexpected(AuthFault::kUnknown);
  }
  const auto& expires = snapshot.document().consumers[*consumer].expires_at;
  if (expires && now >= *expires) {
    return std::unexpected(AuthFault::kExpired);
  }
  return *consumer;
}

bool through_front_door(const net::HeaderList& headers, const snapshot::Edge& edge) noexcept {
  if (edge.required_header.empty()) {
    return true;
  }
  const auto value = headers.find(edge.required_header);
  return value && edge.value.matches(*value);
}

}  // namespace penstock::gateway
