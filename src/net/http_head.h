#pragma once
// The head of an HTTP/1.1 message as views into the connection's buffer. Knows no sockets and no
// parser.
//
// Lifetime: views are valid as long as the buffer that was parsed (for a server: until its handler
// returns; for a client: until the first read of the body).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace penstock::net {

/// Headers that are looked up on the hot path: O(1) through HeaderList::get().
enum class Known : std::uint8_t {
  kNone,
  kAccept,
  kAcceptEncoding,
  kAccessControlRequestHeaders,
  kAccessControlRequestMethod,
  kApiKey,
  kAuthorization,
  kConnection,
  kContentEncoding,
  kContentLength,
  kContentType,
  kCookie,
  kDate,
  kExpect,
  kForwarded,
  kHost,
  kKeepAlive,
  kOrigin,
  kProxyAuthenticate,
  kProxyAuthorization,
  kProxyConnection,
  kRetryAfter,
  kRetryAfterMs,
  kServer,
  kSetCookie,
  kTe,
  kTraceparent,
  kTracestate,
  kTrailer,
  kTransferEncoding,
  kUpgrade,
  kUserAgent,
  kXApiKey,
  kXForwardedFor,
  kXForwardedHost,
  kXForwardedProto,
  kXRealIp,
  kXRequestId,
  kCount,
};

/// Case-insensitive; kNone for all others.
[[nodiscard]] Known known_header(std::string_view name) noexcept;

/// ASCII case-insensitive equality.
[[nodiscard]] bool iequals(std::string_view a, std::string_view b) noexcept;

/// Headers of one connection that a proxy must not pass on (RFC 9110 §7.6.1); those named in
/// Connection too.
[[nodiscard]] bool is_hop_by_hop(Known name) noexcept;

struct Header {
  std::string_view name;
  std::string_view value;  ///< without surrounding white space
  Known known = Known::kNone;
};

class HeaderList {
 public:
  void clear() noexcept;
  void add(std::string_view name, std::string_view value);

  [[nodiscard]] std::span<const Header> all() const noexcept { return headers_; }
  [[nodiscard]] bool has(Known name) const noexcept { return index(name) != 0; }
  /// The first of that name; empty when absent.
  [[nodiscard]] std::string_view get(Known name) const noexcept {
    const std::uint16_t at = index(name);
    return at == 0 ? std::string_view() : headers_[at - 1U].value;
  }
  /// Any name, case-insensitive, O(n).
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// True if a comma-separated list header has this token (case-insensitive) in any of its lines.
  [[nodiscard]] bool has_token(Known name, std::string_view token) const noexcept;

 private:
  [[nodiscard]] std::uint16_t index(Known name) const noexcept {
    return first_[static_cast<std::size_t>(name)];
  }

  std::vector<Header> headers_;
  std::array<std::uint16_t, static_cast<std::size_t>(Known::kCount)>
      first_{};  ///< index + 1, 0 = absent
};

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kOptions, kPatch, kOther };

/// How the end of a message's body is known.
enum class Framing : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

struct RequestHead {
  Method method = Method::kOther;
  std::string_view method_name;
  std::string_view target;  ///< as sent: "/v1/models?x=y"
  int version = 11;         ///< 10 or 11
  HeaderList headers;
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;  ///< for kLength
  bool keep_alive = true;

  [[nodiscard]] std::string_view path() const noexcept {
    return target.substr(0, target.find('?'));
  }
  /// Without the question mark; empty when there is none.
  [[nodiscard]] std::string_view query() const noexcept {
    const std::size_t mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  }
};

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  int version = 11;
  HeaderList headers;
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
};

}  // namespace penstock::net
