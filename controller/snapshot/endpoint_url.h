#pragma once
// A provider's address as a manifest writes it, taken apart. Pure text; resolves nothing.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::controller::snapshot {

struct EndpointUrl {
  bool tls = true;
  std::string host;  ///< lower case, IPv6 without brackets
  std::uint16_t port = 443;
  std::string path;  ///< "" or "/v1": no slash at the end
  friend bool operator==(const EndpointUrl&, const EndpointUrl&) = default;
};

/// "https://host[:port][/path]". Error kInvalid names the text and an example; credentials, a query
/// or a fragment in it are refused.
[[nodiscard]] Result<EndpointUrl> parse_endpoint_url(std::string_view text);

}  // namespace penstock::controller::snapshot
