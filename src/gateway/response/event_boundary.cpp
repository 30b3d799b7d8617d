#include "gateway/response/event_boundary.h"

namespace penstock::gateway {
namespace {

/// The first CR or LF at or after `at`. Streams end lines in LF; CR is looked for only before it.
std::size_t line_end(std::string_view piece, std::size_t at) noexcept {
  const std::size_t lf = piece.find('\n', at);
  const std::string_view before = piece.substr(0, lf == std::string_view::npos ? piece.size() : lf);
  const std::size_t cr = before.find('\r', at);
  return cr == std::string_view::npos ? lf : cr;
}

}  // namespace

std::size_t EventBoundary::next(std::string_view piece) noexcept {
  if (piece.empty()) {
    return std::string_view::npos;
  }
  std::size_t at = 0;
  const bool lf_first = piece[0] == '\n';
  if (ended_at_cr_) {
    ended_at_cr_ = begun_ = false;
    blank_ = true;
    return lf_first ? 1 : 0;
  }
  if (after_cr_) {
    after_cr_ = false;
    at = lf_first ? 1 : 0;
  }
  while (at < piece.size()) {
    const std::size_t end = line_end(piece, at);
    if (end != at) {
      blank_ = false;
      begun_ = true;
    }
    if (end == std::string_view::npos) {
      return end;
    }
    at = end + 1;
    const bool ends_event = blank_ && begun_;
    if (piece[end] == '\r') {
      if (at == piece.size()) {
        (ends_event ? ended_at_cr_ : after_cr_) = true;
        blank_ = true;
        return std::string_view::npos;
      }
      at += piece[at] == '\n' ? 1 : 0;
    }
    blank_ = true;
    if (ends_event) {
      begun_ = false;
      return at;
    }
  }
  return std::string_view::npos;
}

}  // namespace penstock::gateway
