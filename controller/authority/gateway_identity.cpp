#include "controller/authority/gateway_identity.h"

#include <algorithm>

namespace penstock::controller::authority {
namespace {

constexpr std::string_view kStart = "spiffe://penstock/ns/";
constexpr std::string_view kMiddle = "/gateway/";
constexpr std::size_t kLongestName = 253;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

}  // namespace

std::string identity_uri(const GatewayIdentity& identity) {
  return std::string(kStart) + identity.name_space + std::string(kMiddle) + identity.name;
}

std::optional<GatewayIdentity> parse_identity_uri(std::string_view uri) {
  if (!uri.starts_with(kStart)) {
    return std::nullopt;
  }
  uri.remove_prefix(kStart.size());
  const auto middle = uri.find(kMiddle);
  if (middle == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view name_space = uri.substr(0, middle);
  const std::string_view name = uri.substr(middle + kMiddle.size());
  if (!is_name(name_space) || !is_name(name)) {
    return std::nullopt;
  }
  return GatewayIdentity{std::string(name_space), std::string(name)};
}

}  // namespace penstock::controller::authority
