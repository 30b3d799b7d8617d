#pragma once
// A streamed answer on its way through: whole events go on as they came, the usage chunk that only
// we asked for does not, and what the events say is noted. Pure; no allocation once its buffer has
// grown to the longest event.
//
//   for (std::string_view rest = piece; !rest.empty();) {
//     const StreamFilter::Out out = filter.feed(rest);
//     … write out.pieces …
//     rest.remove_prefix(out.used);
//   }
//
// An event that arrives in parts is held until it is complete, so that a client never gets half an
// event before an error, and half a usage chunk never. Events over kMostHeld pass in parts, unread.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/response/event_boundary.h"
#include "gateway/response/usage.h"

namespace penstock::gateway {

class StreamFilter {
 public:
  static constexpr std::size_t kMostHeld = 1U << 20U;
  static constexpr std::size_t kMostPieces = 3;

  struct Out {
    std::array<std::string_view, kMostPieces> pieces;  ///< valid until the next call
    std::size_t count = 0;
    std::size_t used = 0;  ///< bytes of the input that are dealt with

    [[nodiscard]] std::span<const std::string_view> all() const noexcept {
      return {pieces.data(), count};
    }
  };

  /// How a stream that the upstream ended properly (as HTTP goes) ended as a stream.
  enum class End {
    kDone,       ///< with [DONE]
    kFinished,   ///< without it, but every choice had stated why it stopped: add [DONE]
    kTruncated,  ///< neither: the client must hear of it
    kError,      ///< the upstream said itself that it failed
  };

  /// For the next stream. `hide_usage`: we asked for the usage chunk, the client did not.
  void start(bool hide_usage, std::uint32_t choices) noexcept;

  [[nodiscard]] Out feed(std::string_view piece);

  /// The upstream has ended. Gives a last event that had no blank line after it, completed by one.
  [[nodiscard]] Out finish();
  [[nodiscard]] End end() const noexcept;

  [[nodiscard]] const std::optional<Usage>& usage() const noexcept { return usage_; }
  [[nodiscard]] std::uint64_t tokens_seen() const noexcept {
    return tokens_;
  }  ///< an estimate, by events
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  [[nodiscard]] bool done() const noexcept { return done_; }

 private:
  /// True: it may go to the client.
  bool take(std::string_view event);
  void add(Out& out, std::string_view piece) noexcept;

  bool hide_usage_ = false;
  std::uint32_t choices_ = 1;
  EventBoundary boundary_;
  std::string held_;       ///< the beginning of an event
  bool passing_ = false;   ///< in the middle of an event that is too long to hold
  bool held_out_ = false;  ///< held_ is in the last Out: clear it at the next call
  std::uint32_t finished_ = 0;
  std::uint64_t tokens_ = 0;
  std::uint64_t events_ = 0;
  bool done_ = false;
  bool error_ = false;
  std::optional<Usage> usage_;
};

}  // namespace penstock::gateway
