#include "controller/snapshot/endpoint_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace penstock::controller::snapshot {
namespace {

struct Authority {
  std::string_view host;
  std::string_view port;  ///< empty = none given
};

std::optional<Authority> split_authority(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos || close < 3) {
      return std::nullopt;
    }
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && (rest.size() < 2 || rest.front() != ':')) {
      return std::nullopt;
    }
    return Authority{text.substr(1, close - 1), rest.empty() ? rest : rest.substr(1)};
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    return Authority{text, {}};
  }
  if (colon + 1 == text.size()) {
    return std::nullopt;
  }
  return Authority{text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0 || port > 65'535) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(port);
}

bool is_host_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == ':';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

Result<EndpointUrl> parse_endpoint_url(std::string_view text) {
  const auto wrong = [text](std::string_view why) {
    return fail(Code::kInvalid, "endpoint \"" + std::string(text) + "\" " + std::string(why) +
                                    "; write for example https://contoso.openai.azure.com");
  };
  EndpointUrl url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    url.tls = false;
    url.port = 80;
  } else {
    return wrong("does not begin with https:// or http://");
  }
  if (rest.find_first_of("?#@ \t\r\n\"\\") != std::string_view::npos) {
    return wrong("has a query, a fragment, credentials or blanks in it, which do not belong there");
  }
  const auto slash = rest.find('/');
  const auto authority = split_authority(rest.substr(0, slash));
  if (!authority || authority->host.empty() ||
      !std::ranges::all_of(authority->host, is_host_byte)) {
    return wrong("names no host");
  }
  if (!authority->port.empty()) {
    const auto port = parse_port(authority->port);
    if (!port) {
      return wrong("has a port that is not between 1 and 65535");
    }
    url.port = *port;
  }
  url.host = authority->host;
  std::ranges::transform(url.host, url.host.begin(), lower);
  url.path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  while (url.path.ends_with('/')) {
    url.path.pop_back();
  }
  return url;
}

}  // namespace penstock::controller::snapshot
