// The response's half of ServerConnection, and Exchange, which is its face.

#include <ctime>
#include <utility>

#include "net/server_connection.h"

namespace penstock::net {
namespace {

constexpr std::string_view kCrlf = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::string_view kCrlfLastChunk = "\r\n0\r\n\r\n";

}  // namespace

void ServerConnection::reset_response() {
  status_ = 200;
  out_.assign(kOkLine);
}

/// RFC 9110 §6.6.1; formatted once a second.
void ServerConnection::append_date() {
  const auto wall = shared_.loop.clock().wall_now().time_since_epoch();
  const std::int64_t second = std::chrono::duration_cast<std::chrono::seconds>(wall).count();
  if (second != shared_.date_second) {
    shared_.date_second = second;
    const std::time_t time = second;
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 64> text{};
    const std::size_t length =
        std::strftime(text.data(), text.size(), "date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    shared_.date.assign(text.data(), length);
  }
  out_ += shared_.date;
}

void ServerConnection::end_head(bool chunked, std::uint64_t length) {
  keep_alive_ = head_.keep_alive && !close_after_ && !shared_.draining && !disconnected_.fired() &&
                (body_done() || body_can_be_dropped());
  if (chunked) {
    chunked_ = head_.version == 11;
    if (chunked_) {
      out_ += "transfer-encoding: chunked\r\n";
    } else {
      keep_alive_ = false;
    }
  } else if (status_ != 204 && status_ != 304) {
    append_header(out_, "content-length", length);
  }
  append_date();
  if (!keep_alive_) {
    out_ += "connection: close\r\n";
  } else if (head_.version == 10) {
    out_ += "connection: keep-alive\r\n";
  }
  append_end(out_);
}

/// The head as one view, or two when the status is not the usual one.
std::size_t ServerConnection::gather_head() {
  if (status_ == 200) {
    gather_[0] = out_;
    return 1;
  }
  status_line_.clear();
  append_status_line(status_line_, status_);
  gather_[0] = status_line_;
  gather_[1] = std::string_view(out_).substr(kOkLine.size());
  return 2;
}

std::span<const std::string_view> ServerConnection::fixed(std::string_view body) {
  if (sent_ != Sent::kNothing) {
    return chunk({&body, 1}, true);
  }
  end_head(false, body.size());
  sent_ = Sent::kAll;
  std::size_t count = gather_head();
  if (head_.method != Method::kHead) {
    gather_[count++] = body;
  }
  return {gather_.data(), count};
}

std::span<const std::string_view> ServerConnection::chunk(std::span<const std::string_view> pieces,
                                                          bool last) {
  if (sent_ == Sent::kAll) {
    return {};
  }
  std::size_t count = 0;
  std::size_t total = 0;
  for (const std::string_view piece : pieces) {
    total += piece.size();
  }
  if (sent_ == Sent::kNothing) {
    end_head(true, 0);
    count = gather_head();
  }
  sent_ = last ? Sent::kAll : Sent::kStreaming;
  if (head_.method == Method::kHead) {
    return {gather_.data(), count};
  }
  if (total > 0) {
    if (chunked_) {
      chunk_size_ = ChunkSize(total);
      gather_[count++] = chunk_size_.view();
    }
    for (const std::string_view piece : pieces) {
      gather_[count++] = piece;
    }
  }
  if (chunked_) {
    if (total > 0) {
      gather_[count++] = last ? kCrlfLastChunk : kCrlf;
    } else if (last) {
      gather_[count++] = kLastChunk;
    }
  }
  return {gather_.data(), count};
}

std::optional<IoResult> ServerConnection::write(std::span<const std::string_view> buffers,
                                                IoOp& op) {
  if (ended_ != IoStatus::kOk) {
    return IoResult{ended_, 0};
  }
  if (buffers.empty()) {
    return IoResult{};
  }
  const auto done = stream_->start_write(buffers, op);
  if (done) {
    written(done->status);
  } else {
    writing_ = true;
    shared_.loop.arm(write_timer_, options_->write_timeout);
  }
  return done;
}

void ServerConnection::written(IoStatus status) {
  if (writing_) {
    writing_ = false;
    write_timer_.cancel();
  }
  if (status != IoStatus::kOk) {
    close(status);
  }
}

ResponseWrite::ResponseWrite(ServerConnection& connection,
                             std::span<const std::string_view> buffers)
    : connection_(connection), buffers_(buffers) {}

bool ResponseWrite::await_suspend(std::coroutine_handle<> awaiting) {
  awaiting_ = awaiting;
  const auto done = connection_.write(buffers_, *this);
  if (done) {
    status_ = done->status;
  }
  return !done;
}

void ResponseWrite::complete(IoResult result) {
  connection_.written(result.status);
  status_ = connection_.ended_ != IoStatus::kOk ? connection_.ended_ : result.status;
  awaiting_.resume();
}

const RequestHead& Exchange::head() const {
  return connection_.head_;
}
std::string_view Exchange::peer_address() const {
  return connection_.peer_;
}
bool Exchange::tls() const {
  return connection_.tls_;
}
Loop& Exchange::loop() const {
  return connection_.shared_.loop;
}
CancelSignal& Exchange::disconnected() {
  return connection_.disconnected_;
}

void Exchange::set_body_limit(std::uint64_t bytes) {
  connection_.body_limit_ = bytes;
}
Task<Result<std::string_view>> Exchange::read_body() {
  return connection_.read_body();
}
Task<Result<std::string_view>> Exchange::read_body_some() {
  return connection_.read_body_some();
}

void Exchange::set_status(int status) {
  connection_.status_ = status;
}
void Exchange::add_header(std::string_view name, std::string_view value) {
  append_header(connection_.out_, name, value);
}
void Exchange::add_header(std::string_view name, std::uint64_t value) {
  append_header(connection_.out_, name, value);
}
void Exchange::reset_response() {
  connection_.reset_response();
}

ResponseWrite Exchange::send(std::string_view body) {
  return {connection_, connection_.fixed(body)};
}
ResponseWrite Exchange::write_pieces(std::span<const std::string_view> pieces) {
  return {connection_, connection_.chunk(pieces, false)};
}
ResponseWrite Exchange::finish(std::string_view last_piece) {
  return {connection_, connection_.chunk({&last_piece, 1}, true)};
}

bool Exchange::head_sent() const {
  return connection_.sent_ != ServerConnection::Sent::kNothing;
}
bool Exchange::finished() const {
  return connection_.sent_ == ServerConnection::Sent::kAll;
}
void Exchange::close_after() {
  connection_.close_after_ = true;
}

}  // namespace penstock::net
