#include "gateway/response/stream_filter.h"

#include "gateway/response/event_scan.h"

namespace penstock::gateway {

void StreamFilter::start(bool hide_usage, std::uint32_t choices) noexcept {
  std::string buffer = std::move(held_);  // keeps its memory
  buffer.clear();
  *this = StreamFilter();
  held_ = std::move(buffer);
  hide_usage_ = hide_usage;
  choices_ = choices;
}

StreamFilter::Out StreamFilter::feed(std::string_view piece) {
  Out out;
  if (held_out_) {
    held_.clear();
    held_out_ = false;
  }
  std::size_t run_start = 0;  // complete events from here on may go out
  std::size_t at = 0;
  while (at < piece.size()) {
    const EventBoundary before = boundary_;
    const std::size_t length = boundary_.next(piece.substr(at));
    if (length == std::string_view::npos) {
      if (held_out_) {
        // The buffer is being written from: the beginning of an event waits for the next call.
        boundary_ = before;
        add(out, piece.substr(run_start, at - run_start));
        out.used = at;
        return out;
      }
      break;
    }
    const std::string_view event = piece.substr(at, length);
    at += length;
    if (passing_) {
      passing_ = false;  // the tail of a long event: it stays in the run
      continue;
    }
    if (!held_.empty() && !held_out_) {
      held_.append(event);
      if (take(held_)) {
        add(out, held_);
      }
      held_out_ = true;
      run_start = at;
      continue;
    }
    if (!take(event)) {
      add(out, piece.substr(run_start, at - length - run_start));
      run_start = at;
      if (out.count >= kMostPieces - 1) {
        out.used = at;
        return out;
      }
    }
  }
  const std::string_view tail = piece.substr(at);
  out.used = piece.size();
  if (passing_) {
    add(out, piece.substr(run_start));
    return out;
  }
  add(out, piece.substr(run_start, at - run_start));
  if (tail.empty()) {
    return out;
  }
  if (held_.size() + tail.size() > kMostHeld) {
    passing_ = true;
    ++events_;
    held_.append(tail);
    add(out, held_);
    held_out_ = true;
    return out;
  }
  held_.append(tail);
  return out;
}

StreamFilter::Out StreamFilter::finish() {
  Out out;
  if (held_out_) {
    held_.clear();
    held_out_ = false;
  }
  if (!held_.empty()) {
    const bool ends_line = held_.back() == '\n' || held_.back() == '\r';
    held_ += ends_line ? "\n" : "\n\n";
    if (take(held_)) {
      add(out, held_);
    }
    held_out_ = true;
  }
  return out;
}

StreamFilter::End StreamFilter::end() const noexcept {
  if (done_) {
    return End::kDone;
  }
  if (error_) {
    return End::kError;
  }
  return finished_ >= choices_ ? End::kFinished : End::kTruncated;
}

bool StreamFilter::take(std::string_view event) {
  const EventFacts facts = scan_event(event);
  ++events_;
  done_ = done_ || facts.done;
  error_ = error_ || facts.error;
  finished_ += facts.finished;
  tokens_ += facts.tokens;
  if (facts.usage) {
    usage_ = facts.usage;
  }
  return !(hide_usage_ && facts.usage_only);
}

void StreamFilter::add(Out& out, std::string_view piece) noexcept {
  if (!piece.empty()) {
    out.pieces[out.count++] = piece;
  }
}

}  // namespace penstock::gateway
