#include "kube/server_url.h"

#include <arpa/inet.h>
#include <charconv>

namespace penstock::kube {

bool ServerUrl::is_address() const {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

Result<ServerUrl> parse_server_url(std::string_view text, std::string_view what) {
  const auto wrong = [&] {
    return fail(Code::kInvalid, std::string(what) + " \"" + std::string(text) +
                                    "\" is not a URL such as https://10.0.0.1:6443");
  };
  ServerUrl url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    url.tls = false;
    url.port = 80;
    rest.remove_prefix(7);
  } else {
    return wrong();
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  url.path = rest.substr(slash);
  while (url.path.ends_with('/')) {
    url.path.pop_back();
  }
  std::string_view authority = rest.substr(0, slash);
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return wrong();
    }
    url.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (!port.empty()) {
    const std::string_view digits = port.substr(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
    if (port.front() != ':' || error != std::errc() || end != digits.data() + digits.size() ||
        url.port < 1 || url.port > 65535) {
      return wrong();
    }
  }
  if (url.host.empty() || url.host.find_first_of("@?# ") != std::string::npos) {
    return wrong();
  }
  return url;
}

}  // namespace penstock::kube
