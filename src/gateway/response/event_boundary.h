#pragma once
// Where an event of a text/event-stream ends: after a blank line. Bytes come in pieces of any size,
// cut anywhere, also inside CR LF. Pure. Source: WHATWG HTML §9.2.6 (lines end in LF, CR LF or CR).

#include <string_view>

namespace penstock::gateway {

class EventBoundary {
 public:
  /// The number of bytes up to and including the end of the first event in `piece`; npos if it goes
  /// on. Call again with what follows. A CR that ends a piece ends its line; an LF right after it
  /// then counts to the next event.
  [[nodiscard]] std::size_t next(std::string_view piece) noexcept;

 private:
  bool blank_ = true;      ///< nothing in the current line yet
  bool begun_ = false;     ///< the event has a non-blank line
  bool after_cr_ = false;  ///< the last byte was CR: LF may belong to it
};

}  // namespace penstock::gateway
