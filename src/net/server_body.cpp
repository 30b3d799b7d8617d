// The request body's half of ServerConnection.

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/server_connection.h"

namespace penstock::net {
namespace {

constexpr std::uint64_t kMaxDrop = 256U << 10U;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

bool ServerConnection::body_done() const noexcept {
  return inline_ ? input_.size() >= head_length_ + inline_length_ : body_.done();
}

bool ServerConnection::body_can_be_dropped() const noexcept {
  if (expects_continue_ || body_.failed()) {
    return false;
  }
  return inline_ || body_.framing() == Framing::kChunked || body_.remaining() <= kMaxDrop;
}

Error ServerConnection::gone() const {
  if (ended_ == IoStatus::kTimeout) {
    return {Code::kTimeout, "the request's body did not arrive in time"};
  }
  return {Code::kCancelled, "the client went away before its request was complete"};
}

Error ServerConnection::too_large() const {
  return {Code::kTooLarge, "the request's body is larger than " + std::to_string(body_limit_) +
                               " bytes, the most accepted here"};
}

/// The whole body is here (or there is none): from now on a read only watches for the client's end.
void ServerConnection::body_arrived() {
  if (body_done()) {
    expects_continue_ = false;
    input_.watch();
  }
}

/// Copies the head out of the input buffer, so that body bytes may move and be dropped there.
void ServerConnection::detach_head() {
  head_copy_.assign(input_.view().substr(0, head_length_));
  // It has parsed once: it parses again, now with views into the copy.
  if (parse_request_head(head_copy_, head_) == HeadFault::kNone) {
    input_.consume(head_length_);
  }
  head_length_ = 0;
}

/// Waits for more input, having told the client that we want it.
Task<Result<void>> ServerConnection::more_body() {
  if (expects_continue_) {
    expects_continue_ = false;
    const IoResult sent = co_await write_all(*stream_, {&kContinue, 1});
    if (sent.status != IoStatus::kOk) {
      co_return fail(gone());
    }
  }
  if (!input_.reading()) {
    if (input_.status() != IoStatus::kOk) {
      co_return fail(gone());
    }
    if (!inline_) {
      input_.reserve(input_.size() + 1);
    }
    input_.start();
  }
  if (input_.reading()) {
    shared_.loop.arm(timer_, options_->body_timeout);
    co_await input_.changed();
    timer_.cancel();
  }
  if (input_.status() != IoStatus::kOk) {
    disconnected_.fire();
    co_return fail(gone());
  }
  co_return Result<void>();
}

Task<Result<std::string_view>> ServerConnection::read_body() {
  if (head_.framing == Framing::kLength && head_.content_length > body_limit_) {
    co_return fail(too_large());
  }
  if (!inline_) {
    if (head_.framing == Framing::kLength) {
      co_return co_await read_long_body();
    }
    co_return co_await read_chunked_body();
  }
  while (!body_done()) {
    auto more = co_await more_body();
    if (!more) {
      co_return fail(std::move(more).error());
    }
    body_arrived();
  }
  co_return input_.view().substr(head_length_, inline_length_);
}

/// Reads straight into a buffer of the body's own size.
Task<Result<std::string_view>> ServerConnection::read_long_body() {
  const auto length = static_cast<std::size_t>(head_.content_length);
  if (!long_body_) {
    long_body_ = std::make_unique_for_overwrite<char[]>(length + Input::kPadding);
    std::memset(long_body_.get() + length, 0, Input::kPadding);
  }
  std::size_t have = length - static_cast<std::size_t>(body_.remaining());
  const auto take = [&](std::size_t count) {
    have += count;
    body_ = BodyDecoder(Framing::kLength, length - have);
  };
  while (have < length) {
    if (const std::size_t count = std::min(input_.size(), length - have); count > 0) {
      std::memcpy(long_body_.get() + have, input_.data(), count);
      input_.consume(count);
      take(count);
      continue;
    }
    if (input_.reading() || expects_continue_) {
      auto more = co_await more_body();
      if (!more) {
        co_return fail(std::move(more).error());
      }
      continue;
    }
    shared_.loop.arm(timer_, options_->body_timeout);
    const std::span<char> rest(long_body_.get() + have, length - have);
    const IoResult got = co_await read_some(*stream_, rest);
    timer_.cancel();
    if (got.status != IoStatus::kOk) {
      close(got.status);
      disconnected_.fire();
      co_return fail(gone());
    }
    take(got.bytes);
  }
  if (!input_.reading()) {
    input_.reserve(1);
  }
  body_arrived();
  co_return std::string_view(long_body_.get(), length);
}

Task<Result<std::string_view>> ServerConnection::read_chunked_body() {
  chunked_body_.clear();
  for (;;) {
    auto piece = co_await read_body_some();
    if (!piece) {
      co_return fail(std::move(piece).error());
    }
    if (piece->empty()) {
      break;
    }
    chunked_body_.append(*piece);
  }
  chunked_body_.reserve(chunked_body_.size() + Input::kPadding);
  co_return std::string_view(chunked_body_);
}

Task<Result<std::string_view>> ServerConnection::read_body_some() {
  if (inline_) {
    if (piece_given_) {
      co_return std::string_view();
    }
    piece_given_ = true;
    co_return co_await read_body();
  }
  if (head_.framing == Framing::kLength && head_.content_length > body_limit_) {
    co_return fail(too_large());
  }
  input_.consume(std::exchange(piece_, 0));
  while (!body_.done()) {
    if (input_.size() == 0) {
      auto more = co_await more_body();
      if (!more) {
        co_return fail(std::move(more).error());
      }
    }
    const auto step = body_.decode({input_.data(), input_.size()});
    if (body_.failed()) {
      close_after_ = true;
      co_return fail(Code::kInvalid, "the request's body is not well-formed chunked coding");
    }
    body_seen_ += step.body;
    if (body_seen_ > body_limit_) {
      close_after_ = true;
      piece_ = step.used;
      co_return fail(too_large());
    }
    if (step.body > 0) {
      piece_ = step.used;
      const std::string_view piece = input_.view().substr(0, step.body);
      body_arrived();
      co_return piece;
    }
    input_.consume(step.used);
  }
  body_arrived();
  co_return std::string_view();
}

/// Reads on to the next request. False: too much of it, or the client has gone.
Task<bool> ServerConnection::drop_rest_of_body() {
  if (!body_can_be_dropped()) {
    co_return false;
  }
  if (inline_) {
    const std::size_t have = input_.size() - head_length_;
    input_.consume(input_.size());
    body_ = BodyDecoder(Framing::kLength, inline_length_ - have);
    inline_ = false;
  } else {
    input_.consume(std::exchange(piece_, 0));
  }
  std::uint64_t dropped = 0;
  while (!body_.done()) {
    if (input_.size() == 0) {
      const auto more = co_await more_body();
      if (!more) {
        co_return false;
      }
    }
    const auto step = body_.decode({input_.data(), input_.size()});
    input_.consume(step.used);
    dropped += step.used;
    if (body_.failed() || dropped > kMaxDrop) {
      co_return false;
    }
  }
  co_return ended_ == IoStatus::kOk;
}

}  // namespace penstock::net
