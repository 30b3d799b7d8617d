#include "net/body_decoder.h"

#include <algorithm>
#include <cstring>

namespace penstock::net {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

/// Visible characters, space and tab: what an extension or a trailer may hold.
bool is_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

}  // namespace

BodyDecoder::BodyDecoder(Framing framing, std::uint64_t content_length) noexcept
    : framing_(framing) {
  switch (framing) {
    case Framing::kNone:
      state_ = State::kDone;
      break;
    case Framing::kLength:
      remaining_ = content_length;
      state_ = content_length == 0 ? State::kDone : State::kLength;
      break;
    case Framing::kChunked:
      state_ = State::kSizeFirst;
      break;
    case Framing::kUntilClose:
      state_ = State::kUntilClose;
      break;
  }
}

BodyDecoder::Step BodyDecoder::decode(std::span<char> input) noexcept {
  Step step;
  const auto take = [&](std::size_t count) {
    if (step.used != step.body && count > 0) {
      std::memmove(input.data() + step.body, input.data() + step.used, count);
    }
    step.used += count;
    step.body += count;
  };
  while (step.used < input.size() && state_ != State::kDone && state_ != State::kFailed) {
    const std::size_t left = input.size() - step.used;
    if (state_ == State::kUntilClose) {
      take(left);
    } else if (state_ == State::kLength || state_ == State::kData) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, remaining_));
      take(count);
      remaining_ -= count;
      if (remaining_ == 0) {
        state_ = state_ == State::kLength ? State::kDone : State::kDataCr;
      }
    } else {
      chunk_byte(input[step.used]);
      ++step.used;
    }
  }
  return step;
}

void BodyDecoder::size_digit(char c) noexcept {
  const int value = hex_value(c);
  if (value < 0 || ++digits_ > 16) {
    state_ = State::kFailed;
    return;
  }
  remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(value);
  state_ = State::kSize;
}

void BodyDecoder::chunk_byte(char c) noexcept {
  const auto expect = [&](char wanted, State then) {
    state_ = c == wanted ? then : State::kFailed;
  };
  if (++line_ > kMaxLine) {
    state_ = State::kFailed;
    return;
  }
  switch (state_) {
    case State::kSizeFirst:
      line_ = 1;
      remaining_ = 0;
      digits_ = 0;
      size_digit(c);
      break;
    case State::kSize:
      if (c == '\r') {
        state_ = State::kSizeLf;
      } else if (c == ';' || c == ' ' || c == '\t') {
        state_ = State::kExtension;
      } else {
        size_digit(c);
      }
      break;
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeLf;
      } else if (!is_text(c)) {
        state_ = State::kFailed;
      }
      break;
    case State::kSizeLf:
      line_ = 0;
      expect('\n', remaining_ == 0 ? State::kTrailerStart : State::kData);
      break;
    case State::kDataCr:
      expect('\r', State::kDataLf);
      break;
    case State::kDataLf:
      line_ = 0;
      expect('\n', State::kSizeFirst);
      break;
    case State::kTrailerStart:
      state_ = c == '\r' ? State::kEndLf : is_text(c) ? State::kTrailer : State::kFailed;
      break;
    case State::kTrailer:
      if (c == '\r') {
        state_ = State::kTrailerLf;
      } else if (!is_text(c)) {
        state_ = State::kFailed;
      }
      break;
    case State::kTrailerLf:
      expect('\n', State::kTrailerStart);
      break;
    case State::kEndLf:
      expect('\n', State::kDone);
      break;
    default:
      state_ = State::kFailed;
      break;
  }
}

}  // namespace penstock::net
