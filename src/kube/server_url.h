#pragma once
// The parts of an API server or proxy URL. Pure.

#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::kube {

struct ServerUrl {
  bool tls = true;
  std::string host;  ///< without brackets
  int port = 443;
  std::string path;  ///< without a slash at its end; often empty

  [[nodiscard]] bool is_address() const;  ///< the host is an IPv4 or IPv6 address
};

/// Error kInvalid names `what` and the text.
[[nodiscard]] Result<ServerUrl> parse_server_url(std::string_view text, std::string_view what);

}  // namespace penstock::kube
