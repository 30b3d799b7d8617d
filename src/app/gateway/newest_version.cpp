#include "app/gateway/newest_version.h"

#include <charconv>

namespace penstock::app::gateway_role {

std::uint64_t version_number(std::string_view resource_version) {
  std::uint64_t out = 0;
  const char* end = resource_version.data() + resource_version.size();
  const auto [parsed, problem] = std::from_chars(resource_version.data(), end, out);
  return problem == std::errc() && parsed == end ? out : 0;
}

}  // namespace penstock::app::gateway_role
