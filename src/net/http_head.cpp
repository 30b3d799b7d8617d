#include "net/http_head.h"

#include <algorithm>

namespace penstock::net {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

struct Row {
  std::string_view name;
  Known known;
};

constexpr std::array kNames{
    Row{"accept", Known::kAccept},
    Row{"accept-encoding", Known::kAcceptEncoding},
    Row{"access-control-request-headers", Known::kAccessControlRequestHeaders},
    Row{"access-control-request-method", Known::kAccessControlRequestMethod},
    Row{"api-key", Known::kApiKey},
    Row{"authorization", Known::kAuthorization},
    Row{"connection", Known::kConnection},
    Row{"content-encoding", Known::kContentEncoding},
    Row{"content-length", Known::kContentLength},
    Row{"content-type", Known::kContentType},
    Row{"cookie", Known::kCookie},
    Row{"date", Known::kDate},
    Row{"expect", Known::kExpect},
    Row{"forwarded", Known::kForwarded},
    Row{"host", Known::kHost},
    Row{"keep-alive", Known::kKeepAlive},
    Row{"origin", Known::kOrigin},
    Row{"proxy-authenticate", Known::kProxyAuthenticate},
    Row{"proxy-authorization", Known::kProxyAuthorization},
    Row{"proxy-connection", Known::kProxyConnection},
    Row{"retry-after", Known::kRetryAfter},
    Row{"retry-after-ms", Known::kRetryAfterMs},
    Row{"server", Known::kServer},
    Row{"set-cookie", Known::kSetCookie},
    Row{"te", Known::kTe},
    Row{"traceparent", Known::kTraceparent},
    Row{"tracestate", Known::kTracestate},
    Row{"trailer", Known::kTrailer},
    Row{"transfer-encoding", Known::kTransferEncoding},
    Row{"upgrade", Known::kUpgrade},
    Row{"user-agent", Known::kUserAgent},
    Row{"x-api-key", Known::kXApiKey},
    Row{"x-forwarded-for", Known::kXForwardedFor},
    Row{"x-forwarded-host", Known::kXForwardedHost},
    Row{"x-forwarded-proto", Known::kXForwardedProto},
    Row{"x-real-ip", Known::kXRealIp},
    Row{"x-request-id", Known::kXRequestId},
};

/// Length, first and last letter tell nearly all known names apart; a table of 256 buckets with
/// chaining.
constexpr std::size_t bucket(std::string_view name) {
  const std::size_t first = static_cast<unsigned char>(lower(name.front()));
  const std::size_t last = static_cast<unsigned char>(lower(name.back()));
  return (name.size() * 37U + first * 5U + last * 11U) & 255U;
}

struct Index {
  std::array<std::uint8_t, 256> head{};            // row + 1
  std::array<std::uint8_t, kNames.size()> next{};  // row + 1
};

constexpr Index make_index() {
  Index index;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const std::size_t at = bucket(kNames[i].name);
    index.next[i] = index.head[at];
    index.head[at] = static_cast<std::uint8_t>(i + 1);
  }
  return index;
}

constexpr Index kIndex = make_index();

}  // namespace

bool iequals(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

Known known_header(std::string_view name) noexcept {
  if (name.empty()) {
    return Known::kNone;
  }
  for (std::size_t row = kIndex.head[bucket(name)]; row != 0; row = kIndex.next[row - 1]) {
    if (iequals(kNames[row - 1].name, name)) {
      return kNames[row - 1].known;
    }
  }
  return Known::kNone;
}

bool is_hop_by_hop(Known name) noexcept {
  switch (name) {
    case Known::kConnection:
    case Known::kKeepAlive:
    case Known::kProxyAuthenticate:
    case Known::kProxyAuthorization:
    case Known::kProxyConnection:
    case Known::kTe:
    case Known::kTrailer:
    case Known::kTransferEncoding:
    case Known::kUpgrade:
      return true;
    default:
      return false;
  }
}

void HeaderList::clear() noexcept {
  headers_.clear();
  first_.fill(0);
}

void HeaderList::add(std::string_view name, std::string_view value) {
  const Known known = known_header(name);
  headers_.push_back({name, value, known});
  std::uint16_t& first = first_[static_cast<std::size_t>(known)];
  if (known != Known::kNone && first == 0) {
    first = static_cast<std::uint16_t>(headers_.size());
  }
}

std::optional<std::string_view> HeaderList::find(std::string_view name) const noexcept {
  for (const Header& header : headers_) {
    if (iequals(header.name, name)) {
      return header.value;
    }
  }
  return std::nullopt;
}

bool HeaderList::has_token(Known name, std::string_view token) const noexcept {
  if (!has(name)) {
    return false;
  }
  for (const Header& header : headers_) {
    if (header.known != name) {
      continue;
    }
    for (std::string_view rest = header.value; !rest.empty();) {
      const std::size_t comma = rest.find(',');
      std::string_view item = rest.substr(0, comma);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
      while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) {
        item.remove_prefix(1);
      }
      while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) {
        item.remove_suffix(1);
      }
      if (iequals(item, token)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace penstock::net
