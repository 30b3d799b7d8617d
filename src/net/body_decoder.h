#pragma once
// Takes a body out of its framing (none, Content-Length, chunked, until close), in place and bit by
// bit. Pure; knows no sockets.
//
// Strict about chunks, for the reason given in http_parse.h: sizes are 1 to 16 hex digits, lines
// end in CRLF, data is followed by CRLF. Extensions and trailers are skipped, up to kMaxLine bytes
// each.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "net/http_head.h"

namespace penstock::net {

class BodyDecoder {
 public:
  static constexpr std::size_t kMaxLine = 4096;  ///< a chunk-size line or a trailer section

  BodyDecoder() = default;
  BodyDecoder(Framing framing, std::uint64_t content_length) noexcept;

  struct Step {
    std::size_t used = 0;  ///< bytes of the input that are done with
    std::size_t body = 0;  ///< bytes of body, now moved together at the input's start
  };

  /// Decodes as much of `input` as there is, moving body bytes to its front (a single chunk only
  /// over its own size line). Stops at the message's end; what follows stays where it was, at
  /// input[used].
  [[nodiscard]] Step decode(std::span<char> input) noexcept;

  [[nodiscard]] bool done() const noexcept { return state_ == State::kDone; }
  [[nodiscard]] bool failed() const noexcept { return state_ == State::kFailed; }

  /// The peer has closed. True if that is a proper end of this body.
  [[nodiscard]] bool ends_at_close() const noexcept {
    return state_ == State::kDone || framing_ == Framing::kUntilClose;
  }
  /// For Content-Length: what is still to come.
  [[nodiscard]] std::uint64_t remaining() const noexcept { return remaining_; }
  [[nodiscard]] Framing framing() const noexcept { return framing_; }

 private:
  enum class State : std::uint8_t {
    kLength,
    kUntilClose,
    kSizeFirst,  // first digit of a chunk size
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailer,
    kTrailerLf,
    kEndLf,
    kDone,
    kFailed,
  };

  void chunk_byte(char c) noexcept;
  void size_digit(char c) noexcept;

  Framing framing_ = Framing::kNone;
  State state_ = State::kDone;
  std::uint64_t remaining_ = 0;  ///< of the body, or of the current chunk
  std::size_t line_ = 0;         ///< length of the current line, or of the trailer section
  unsigned digits_ = 0;
};

}  // namespace penstock::net
