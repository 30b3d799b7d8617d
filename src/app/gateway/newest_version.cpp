#include "app/gateway/newest_version.h"

#include <charconv>

namespace penstock::app::gateway_role {

std::uint64_t version_number(std::string_view resource_version) {
  std::uint64_t out = 0;
  const char* begin = resource_version.data();
  const char* end = begin + resource_version.size();
  const auto [parsed, problem] = std::from_chars(begin, end, out);
  return problem == std::errc() && parsed == end ? out : 0;
}

}  // namespace penstock::app::gateway_role
