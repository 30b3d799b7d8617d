#include "net/server_connection.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"

namespace penstock::net {
namespace {

constexpr std::size_t kInitialInput = 8U << 10U;
constexpr std::size_t kMaxInline = 16U << 10U;  // keeps the buffers of idle connections small
constexpr std::chrono::seconds kLinger{2};
constexpr std::size_t kLingerBytes = 4U << 20U;

}  // namespace

ServerConnection::ServerConnection(ServerShared& shared, std::unique_ptr<ByteStream> stream,
                                   std::string peer, bool tls)
    : shared_(shared),
      options_(shared.options),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      tls_(tls),
      input_(*stream_, kInitialInput) {
  input_.set_listener(this);
}

Task<void> ServerConnection::run() {
  for (;;) {
    const bool have = co_await next_head();
    if (!have) {
      break;
    }
    co_await serve_one();
    if (!keep_alive_ || ended_ != IoStatus::kOk) {
      break;
    }
  }
  phase_ = Phase::kClosing;
  if (ended_ == IoStatus::kOk && input_.status() == IoStatus::kOk &&
      (refused_ || !body_done() || input_.size() > 0)) {
    co_await linger();
  }
  timer_.cancel();
  close(IoStatus::kCancelled);
  while (input_.reading()) {
    co_await input_.changed();
  }
}

Task<bool> ServerConnection::next_head() {
  phase_ = Phase::kIdle;
  scanner_.reset();
  if (shared_.draining && input_.size() == 0) {
    co_return false;
  }
  for (;;) {
    while (scanner_.untouched() && input_.view().starts_with("\r\n")) {
      input_.consume(2);  // RFC 9112 §2.2: blank lines before a request line are ignored
    }
    if (input_.size() > 0 && !(scanner_.untouched() && input_.view() == "\r")) {
      const auto state = scanner_.scan(input_.view(), options_->max_header_bytes);
      if (state == HeadScanner::State::kComplete) {
        co_return true;
      }
      if (state == HeadScanner::State::kFault) {
        head_.method = Method::kOther;  // nothing of an earlier request speaks for this one
        head_.version = 11;
        co_await refuse(status_of(scanner_.fault()), to_string(scanner_.fault()));
        co_return false;
      }
    }
    if (!input_.reading()) {
      if (input_.status() != IoStatus::kOk) {
        co_return false;
      }
      input_.reserve(input_.size() + 1);
      input_.start();
      if (!input_.reading()) {
        continue;
      }
    }
    if (input_.size() > 0 && phase_ == Phase::kIdle) {
      phase_ = Phase::kHead;
      shared_.loop.arm(timer_, options_->header_timeout);
    } else if (phase_ == Phase::kIdle && !timer_.armed()) {
      shared_.loop.arm(timer_, first_request_ ? options_->header_timeout : options_->idle_timeout);
    }
    co_await input_.changed();
  }
}

/// Makes room, parses, decides where the body will lie. False: the head is refused (nothing
/// parsed).
bool ServerConnection::begin_exchange() {
  head_length_ = scanner_.length();
  if (!input_.reading()) {
    input_.reserve(head_length_);
  }
  HeadFault fault = parse_request_head(input_.view().substr(0, head_length_), head_);
  if (fault != HeadFault::kNone) {
    scanner_.refuse(fault);
    head_.method = Method::kOther;
    head_.version = 11;
    return false;
  }
  const std::uint64_t length = head_.framing == Framing::kLength ? head_.content_length : 0;
  inline_ = head_.framing != Framing::kChunked && head_length_ + length <= kMaxInline;
  inline_length_ = inline_ ? static_cast<std::size_t>(length) : 0;
  if (inline_ && input_.size() < head_length_ + inline_length_) {
    if (input_.reading()) {
      inline_ = false;  // the buffer may not move now, so it may be too small
    } else {
      const char* const before = input_.data();
      input_.reserve(head_length_ + inline_length_);
      if (input_.data() != before) {
        fault = parse_request_head(input_.view().substr(0, head_length_), head_);
      }
    }
  }
  body_ = BodyDecoder(head_.framing, head_.content_length);
  body_limit_ = options_->max_body_bytes;
  body_seen_ = 0;
  piece_ = 0;
  piece_given_ = false;
  expects_continue_ =
      head_.version == 11 && head_.headers.has_token(Known::kExpect, "100-continue");
  sent_ = Sent::kNothing;
  keep_alive_ = true;
  close_after_ = false;
  chunked_ = false;
  reset_response();
  disconnected_.reset();
  if (!inline_) {
    detach_head();
  }
  return true;
}

Task<void> ServerConnection::serve_one() {
  timer_.cancel();
  if (!begin_exchange()) {
    co_await refuse(status_of(scanner_.fault()), to_string(scanner_.fault()));
    co_return;
  }
  phase_ = Phase::kHandler;
  first_request_ = false;
  ++shared_.stats.requests;
  ++shared_.exchanges;
  body_arrived();
  try {
    co_await shared_.handler.handle(exchange_);
  } catch (const std::exception& failure) {
    log::error("request handler failed", {{"error", failure.what()}});
    exchange_.close_after();
  }
  --shared_.exchanges;
  if (sent_ == Sent::kNothing && ended_ == IoStatus::kOk && !disconnected_.fired()) {
    co_await refuse(500, "the server failed to answer this request");
  }
  if (sent_ != Sent::kAll || disconnected_.fired()) {
    keep_alive_ = false;
    close(IoStatus::kCancelled);
    co_return;
  }
  if (!keep_alive_ && !body_done()) {
    refused_ = true;  // the client may still be sending
  } else if (!body_done()) {
    keep_alive_ = co_await drop_rest_of_body();
  } else if (inline_) {
    input_.consume(std::min(input_.size(), head_length_ + inline_length_));
    inline_length_ = head_length_ = 0;
  } else {
    input_.consume(piece_);
    piece_ = 0;
  }
  long_body_.reset();
  if (chunked_body_.capacity() > kMaxInline) {
    chunked_body_ = std::string();
  }
}

/// An answer of the codec itself; the connection closes after it.
Task<void> ServerConnection::refuse(int status, std::string_view message) {
  ++shared_.stats.bad_requests;
  refused_ = true;
  sent_ = Sent::kNothing;
  close_after_ = true;
  keep_alive_ = false;
  exchange_.reset_response();
  exchange_.set_status(status);
  exchange_.add_header("content-type", "application/json");
  std::string body;
  if (options_->error_body != nullptr) {
    body = options_->error_body(status, message);
  } else {
    body = R"({"error":{"message":)";
    log::append_json_string(body, message);
    body += "}}\n";
  }
  const IoStatus sent = co_await exchange_.send(body);
  if (sent != IoStatus::kOk) {
    close(sent);
  }
}

/// Lets the client read our answer before the reset that closing with unread input would cause.
Task<void> ServerConnection::linger() {
  stream_->shutdown_write();
  shared_.loop.arm(timer_, kLinger);
  std::size_t dropped = 0;
  while (input_.status() == IoStatus::kOk && dropped < kLingerBytes && ended_ == IoStatus::kOk) {
    dropped += input_.size();
    input_.consume(input_.size());
    if (!input_.reading()) {
      input_.reserve(1);
      input_.start();
    }
    co_await input_.changed();
  }
}

void ServerConnection::deadline_passed() {
  if (phase_ == Phase::kHead || phase_ == Phase::kHandler) {
    answer_timeout();
  }
  close(IoStatus::kTimeout);
}

/// 408, if the socket takes it at once.
void ServerConnection::answer_timeout() {
  if (sent_ == Sent::kStreaming || (phase_ == Phase::kHandler && sent_ != Sent::kNothing)) {
    return;
  }
  ++shared_.stats.bad_requests;
  static constexpr std::string_view kAnswer =
      "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
  if (!stream_->start_write({&kAnswer, 1}, ignored_op())) {
    log::debug("no room for a timeout answer", {{"peer", peer_}});
  }
}

void ServerConnection::input_ended(IoStatus status) {
  if (status != IoStatus::kEof || writing_) {
    close(status);
  }
  disconnected_.fire();
}

void ServerConnection::drain() {
  if (phase_ == Phase::kIdle) {
    close(IoStatus::kCancelled);
  } else {
    close_after_ = true;
  }
}

void ServerConnection::close(IoStatus why) {
  if (ended_ == IoStatus::kOk) {
    ended_ = why;
    stream_->close();
  }
}

}  // namespace penstock::net
