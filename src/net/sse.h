#pragma once
// Server-sent events out of bytes that arrive in any pieces. Pure; knows no sockets and no JSON.
//
//   framer.feed(piece);                                  // piece must stay until next() has
//   returned nothing while (const auto event = framer.next()) { … event->data … forward event->raw
//   … } at the end of the stream:  if (const auto rest = framer.finish()) { … }
//
// All raw views together are exactly the bytes that were fed, so a relay forwards `raw` and changes
// nothing. An event that lies within one piece is not copied. Line ends are LF, CRLF or CR; an
// event is handed out as soon as its blank line is complete, even if an LF might still follow a CR
// (it then leads the next raw). Source: WHATWG HTML, "9.2.6 Interpreting an event stream".

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::net {

struct SseEvent {
  std::string_view raw;   ///< with its blank line
  std::string_view data;  ///< data lines, joined by LF when there are several
  std::string_view type;  ///< of the "event" field; empty = message
  bool has_data = false;  ///< false for comments, blank lines and events of other fields only
};

class SseFramer {
 public:
  explicit SseFramer(std::size_t max_event_bytes) : max_(max_event_bytes) {}

  void feed(std::string_view piece) noexcept { rest_ = piece; }
  /// Views are valid until the next call of any member.
  [[nodiscard]] std::optional<SseEvent> next();
  /// What is left without a blank line when the stream has ended. By the rule a browser would drop
  /// it; a relay must not.
  [[nodiscard]] std::optional<SseEvent> finish();

  /// An event is larger than allowed: next() gives nothing any more.
  [[nodiscard]] bool too_large() const noexcept { return too_large_; }
  void reset() noexcept;

 private:
  [[nodiscard]] std::optional<std::size_t> find_end(std::string_view bytes) noexcept;
  [[nodiscard]] SseEvent parse(std::string_view raw);

  std::size_t max_;
  std::string_view rest_;
  std::string carry_;           ///< start of an event whose end has not arrived
  std::string joined_;          ///< data of an event with several data lines
  bool carry_out_ = false;      ///< carry_ was handed out: forget it at the next call
  bool line_has_text_ = false;  ///< the line that find_end() is in
  bool after_cr_ = false;       ///< an LF now belongs to the line end before it
  bool first_ = true;           ///< a byte order mark may come
  bool too_large_ = false;
};

}  // namespace penstock::net
