#include "gateway/response/usage_tap.h"

#include <algorithm>
#include <cstring>

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
    // Most strings are short, and long ones (base64) have no escapes: one call of memchr finds
    // their end.
    const void* quote = std::memchr(piece.data() + at, '"', piece.size() - at);
    const std::size_t stop =
        quote == nullptr ? piece.size()
                         : static_cast<std::size_t>(static_cast<const char*>(quote) - piece.data());
    while (at < stop && !escape_) {
      const void* slash = std::memchr(piece.data() + at, '\\', stop - at);
      if (slash == nullptr) {
        at = stop;
        break;
      }
      at = static_cast<std::size_t>(static_cast<const char*>(slash) - piece.data()) + 1;
      if (at < stop) {
        ++at;
      } else {
        escape_ = true;
      }
    }
    if (!escape_ && at == stop && quote != nullptr) {
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
    std::copy_n(content.data(), std::min(room, content.size()),
                key_.data() + std::min(key_size_, kMostKey));
    key_size_ += content.size();
  }
  if (closed) {
    string_ = false;
    key_ready_ = depth_ == 1;
  }
  return at;
}

void UsageTap::capture(std::string_view text) noexcept {
  const std::size_t count = std::min(text.size(), kMostUsage - kept_size_);
  std::copy_n(text.data(), count, kept_.data() + kept_size_);
  kept_size_ += count;
}

}  // namespace penstock::gateway
