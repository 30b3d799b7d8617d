#include "gateway/response/event_boundary.h"

#include <cstring>

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
  std::size_t at = 0;
  if (after_cr_ && !piece.empty() && piece[0] == '\n') {
    at = 1;
  }
  after_cr_ = after_cr_ && piece.empty();
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
    if (piece[end] == '\r') {
      if (at == piece.size()) {
        after_cr_ = true;
      } else if (piece[at] == '\n') {
        ++at;
      }
    }
    if (blank_ && begun_) {
      begun_ = false;
      return at;
    }
    blank_ = true;
  }
  return std::string_view::npos;
}

}  // namespace penstock::gateway
