#include "gateway/response/usage_tap.h"

#include <algorithm>

namespace penstock::gateway {

// Once per byte outside strings.
[[gnu::always_inline]] inline void UsageTap::structural(char c) noexcept {
  if (capturing_) {
    capture({&c, 1});
  }
  switch (c) {
    case '"':
      string_ = true;
      key_size_ = 0;
      key_ready_ = false;
      usage_next_ = false;
      break;
    case '{':
    case '[':
      ++depth_;
      if (usage_next_ && c == '{') {
        capturing_ = true;
        captured_ = false;
        kept_size_ = 0;
        capture({&c, 1});
      }
      usage_next_ = false;
      break;
    case '}':
    case ']':
      depth_ -= depth_ == 0 ? 0 : 1;
      if (capturing_ && depth_ == 1) {
        capturing_ = false;
        captured_ = true;
      }
      break;
    case ':':
      usage_next_ =
          key_ready_ && std::string_view(key_.data(), std::min(key_size_, kMostKey)) == "usage";
      key_ready_ = false;
      break;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
      break;
    default:
      usage_next_ = false;
      key_ready_ = false;
  }
}

void UsageTap::feed(std::string_view piece) noexcept {
  std::size_t at = 0;
  while (at < piece.size()) {
    if (string_) {
      at = in_string(piece, at);
    } else {
      structural(piece[at]);
      ++at;
    }
  }
}

std::optional<Usage> UsageTap::usage() const noexcept {
  if (!captured_) {
    return std::nullopt;
  }
  return parse_usage({kept_.data(), kept_size_});
}

std::size_t UsageTap::in_string(std::string_view piece, std::size_t at) noexcept {
  const std::size_t start = at;
  bool closed = false;
  while (at < piece.size() && !closed) {
    if (escape_) {
      escape_ = false;
      ++at;
      continue;
    }
    // Most strings are short, and long ones (base64) have no escapes: one search finds their end.
    const std::size_t quote = piece.find('"', at);
    const std::size_t stop = std::min(quote, piece.size());
    const std::string_view plain = piece.substr(0, stop);
    while (at < stop && !escape_) {
      const std::size_t slash = plain.find('\\', at);
      if (slash == std::string_view::npos) {
        at = stop;
        break;
      }
      escape_ = slash + 1 == stop;
      at = slash + (escape_ ? 1 : 2);
    }
    if (!escape_ && at == stop && quote != std::string_view::npos) {
      closed = true;
      ++at;
    }
  }
  const std::string_view text = piece.substr(start, at - start);
  if (capturing_) {
    capture(text);
  } else if (depth_ == 1) {
    const std::string_view content = closed ? text.substr(0, text.size() - 1) : text;
    const std::size_t room = key_size_ < kMostKey ? kMostKey - key_size_ : 0;
    content.copy(key_.data() + std::min(key_size_, kMostKey), room);
    key_size_ += content.size();
  }
  if (closed) {
    string_ = false;
    key_ready_ = depth_ == 1;
  }
  return at;
}

void UsageTap::capture(std::string_view text) noexcept {
  kept_size_ += text.copy(kept_.data() + kept_size_, kMostUsage - kept_size_);
}

}  // namespace penstock::gateway
