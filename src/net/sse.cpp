#include "net/sse.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace penstock::net {
namespace {

/// Index of the first LF or CR at or after `from`; size() when there is none.
std::size_t find_line_end(std::string_view bytes, std::size_t from) noexcept {
  const char* const start = bytes.data() + from;
  std::size_t length = bytes.size() - from;
  if (const void* lf = std::memchr(start, '\n', length); lf != nullptr) {
    length = static_cast<std::size_t>(static_cast<const char*>(lf) - start);
  }
  if (const void* cr = std::memchr(start, '\r', length); cr != nullptr) {
    length = static_cast<std::size_t>(static_cast<const char*>(cr) - start);
  }
  return from + length;
}

}  // namespace

void SseFramer::reset() noexcept {
  rest_ = {};
  carry_.clear();
  carry_out_ = line_has_text_ = after_cr_ = too_large_ = false;
  first_ = true;
}

/// One past the end of the current event, scanning on from where the last call stopped.
std::optional<std::size_t> SseFramer::find_end(std::string_view bytes) noexcept {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (std::exchange(after_cr_, false) && bytes[at] == '\n') {
      ++at;
      continue;
    }
    const std::size_t end = find_line_end(bytes, at);
    line_has_text_ = line_has_text_ || end > at;
    if (end == bytes.size()) {
      return std::nullopt;
    }
    at = end + 1;
    after_cr_ = bytes[end] == '\r';
    if (!std::exchange(line_has_text_, false)) {
      if (after_cr_ && at < bytes.size() && bytes[at] == '\n') {
        after_cr_ = false;
        ++at;
      }
      return at;
    }
  }
  return std::nullopt;
}

std::optional<SseEvent> SseFramer::next() {
  if (std::exchange(carry_out_, false)) {
    carry_.clear();
  }
  if (rest_.empty() || too_large_) {
    return std::nullopt;
  }
  const auto end = find_end(rest_);
  const std::size_t length = end.value_or(rest_.size());
  if (carry_.size() + length > max_) {
    too_large_ = true;
    return std::nullopt;
  }
  const std::string_view piece = rest_.substr(0, length);
  rest_.remove_prefix(length);
  if (end && carry_.empty()) {
    return parse(piece);
  }
  carry_.append(piece);
  if (!end) {
    return std::nullopt;
  }
  carry_out_ = true;
  return parse(carry_);
}

std::optional<SseEvent> SseFramer::finish() {
  if (carry_out_ || carry_.empty() || too_large_) {
    return std::nullopt;
  }
  carry_out_ = true;
  line_has_text_ = after_cr_ = false;
  return parse(carry_);
}

SseEvent SseFramer::parse(std::string_view raw) {
  SseEvent event;
  event.raw = raw;
  std::size_t data_lines = 0;
  if (std::exchange(first_, false) && raw.starts_with("\xEF\xBB\xBF")) {
    raw.remove_prefix(3);
  }
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t end = find_line_end(raw, at);
    const std::string_view line = raw.substr(at, end - at);
    at = end + 1;  // the LF of a CRLF makes one more, empty line: no harm
    const std::size_t colon = line.find(':');
    const std::string_view field = line.substr(0, colon);
    std::string_view value =
        colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) {
      value.remove_prefix(1);
    }
    if (field == "data") {
      if (++data_lines == 1) {
        event.data = value;
      } else {
        if (data_lines == 2) {
          joined_.assign(event.data);
        }
        joined_ += '\n';
        joined_ += value;
      }
    } else if (field == "event") {
      event.type = value;
    }
  }
  if (data_lines > 1) {
    event.data = joined_;
  }
  event.has_data = data_lines > 0;
  return event;
}

}  // namespace penstock::net
