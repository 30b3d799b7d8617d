#pragma once
// Turns bytes into heads: finds where a head ends, then parses it in one go. Pure; knows no
// sockets.
//
// Strict on purpose, because a proxy that reads a message differently from its upstream can be made
// to smuggle requests: bare LF, folded lines, white space before the colon, Content-Length together
// with Transfer-Encoding, two Content-Lengths, and any Transfer-Encoding other than "chunked" are
// refused. Source: RFC 9112 §2.2, §5, §6; grammar by boost::beast::http::basic_parser.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http_head.h"

namespace penstock::net {

enum class HeadFault : std::uint8_t {
  kNone,
  kMalformed,           ///< 400
  kTooLarge,            ///< 431
  kUnsupportedVersion,  ///< 505
  kUnsupportedCoding,   ///< 501: a transfer coding other than chunked
};

/// The HTTP status that tells a client of this fault.
[[nodiscard]] int status_of(HeadFault fault) noexcept;
/// For people; constant text.
[[nodiscard]] std::string_view to_string(HeadFault fault) noexcept;

inline constexpr std::size_t kMaxHeaders = 128;

/// Finds the end of a head in bytes that arrive bit by bit, looking at each byte once.
class HeadScanner {
 public:
  enum class State : std::uint8_t { kIncomplete, kComplete, kFault };

  /// `bytes` is all that has arrived of this message so far, always from the same first byte.
  State scan(std::string_view bytes, std::size_t limit) noexcept;

  [[nodiscard]] std::size_t length() const noexcept {
    return length_;
  }  ///< of the head, blank line included
  [[nodiscard]] HeadFault fault() const noexcept { return fault_; }
  [[nodiscard]] std::size_t seen() const noexcept { return seen_; }
  [[nodiscard]] bool untouched() const noexcept { return seen_ == 0; }
  void refuse(HeadFault fault) noexcept { fault_ = fault; }  ///< for a head that does not parse
  void reset() noexcept { *this = HeadScanner(); }

 private:
  State failed(HeadFault fault) noexcept {
    fault_ = fault;
    return State::kFault;
  }

  std::size_t line_ = 0;  ///< start of the line that is not complete yet
  std::size_t seen_ = 0;
  std::size_t length_ = 0;
  std::size_t lines_ = 0;
  HeadFault fault_ = HeadFault::kNone;
};

/// `bytes` is exactly one complete head, as HeadScanner found it. `head` is filled with views into
/// it.
[[nodiscard]] HeadFault parse_request_head(std::string_view bytes, RequestHead& head);

/// `to_head` says that the request was a HEAD, whose answer has no body whatever its fields say.
[[nodiscard]] HeadFault parse_response_head(std::string_view bytes, bool to_head,
                                            ResponseHead& head);

}  // namespace penstock::net
