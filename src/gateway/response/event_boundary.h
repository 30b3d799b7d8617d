#pragma once
// Where an event of a text/event-stream ends: after a blank line. Bytes come in pieces of any size,
// cut anywhere, also inside CR LF. Pure. Source: WHATWG HTML §9.2.6 (lines end in LF, CR LF or CR).

#include <string_view>

namespace penstock::gateway {

class EventBoundary {
 public:
  /// The number of bytes up to and including the end of the first event in `piece`; npos if it goes
  /// on. Call again with what follows. 0: the event had ended with the piece before, at a CR that
  /// no LF follows (an LF would have been part of its end, so that had to be waited for).
  [[nodiscard]] std::size_t next(std::string_view piece) noexcept;

 private:
  bool blank_ = true;         ///< nothing in the current line yet
  bool begun_ = false;        ///< the event has a non-blank line
  bool after_cr_ = false;     ///< the last byte was CR: an LF belongs to it
  bool ended_at_cr_ = false;  ///< and that CR ended the event
};

}  // namespace penstock::gateway
