#include "net/tcp_stream.h"

#include <algorithm>
#include <cerrno>
#include <netinet/tcp.h>
#include <sys/uio.h>
#include <utility>

namespace penstock::net {
namespace {

IoStatus from_errno(int number) {
  switch (number) {
    case 0:
      return IoStatus::kOk;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
      return IoStatus::kReset;
    case ETIMEDOUT:
      return IoStatus::kTimeout;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL:
      return IoStatus::kRefused;
    default:
      return IoStatus::kFailed;
  }
}

bool would_block(int number) {
  return number == EAGAIN || number == EWOULDBLOCK;
}

}  // namespace

TcpStream::TcpStream(Loop& loop, Descriptor socket)
    : poller_(loop.impl().shared_from_this()), socket_(std::move(socket)) {
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (!poller_->add(socket_.get(), *this)) {
    socket_.close();
  }
}

TcpStream::~TcpStream() {
  close();
  if (destroyed_ != nullptr) {
    *destroyed_ = true;
  }
}

void TcpStream::start_connect(const Address& address, IoOp& op) {
  connect_op_ = &op;
  if (::connect(socket_.get(), address.get(), address.length) == 0) {
    poller_->defer(*this);
  } else if (errno != EINPROGRESS) {
    connect_error_ = errno;
    poller_->defer(*this);
  }
}

void TcpStream::connected() {
  int error = connect_error_;
  socklen_t length = sizeof(error);
  if (socket_.valid() && error == 0) {
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  }
  IoOp* const op = std::exchange(connect_op_, nullptr);
  op->complete({socket_.valid() ? from_errno(error) : IoStatus::kCancelled, 0});
}

void TcpStream::ready(std::uint32_t events) {
  bool destroyed = false;
  destroyed_ = &destroyed;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    peer_ended_ = readable_ = true;
  }
  readable_ = readable_ || (events & EPOLLIN) != 0;
  if (connect_op_ != nullptr && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
    connected();
  } else {
    if (write_op_ != nullptr && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
      write_now();
    }
    if (!destroyed && read_op_ != nullptr && readable_) {
      read_now();
    }
  }
  if (!destroyed) {
    destroyed_ = nullptr;
  }
}

/// What start_*() could decide at once, told from the loop; and what close() has cancelled.
void TcpStream::run() {
  bool destroyed = false;
  destroyed_ = &destroyed;
  if (connect_op_ != nullptr) {
    connected();
  }
  if (!destroyed && write_op_ != nullptr && !socket_.valid()) {
    std::exchange(write_op_, nullptr)->complete({IoStatus::kCancelled, 0});
  }
  if (!destroyed && read_op_ != nullptr) {
    read_now();
  }
  if (!destroyed) {
    destroyed_ = nullptr;
  }
}

std::optional<IoResult> TcpStream::start_read(std::span<char> into, IoOp& op) {
  if (!socket_.valid()) {
    return IoResult{IoStatus::kCancelled, 0};
  }
  into_ = into;
  read_op_ = &op;
  if (readable_ && !Deferred::linked()) {
    poller_->defer(*this);  // in turn with the others: nobody is starved by a fast peer
  }
  return std::nullopt;
}

void TcpStream::read_now() {
  IoResult result{IoStatus::kCancelled, 0};
  if (socket_.valid()) {
    ssize_t got = 0;
    do {
      got = ::recv(socket_.get(), into_.data(), into_.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && would_block(errno)) {
      readable_ = false;
      return;
    }
    if (got > 0) {
      result = {IoStatus::kOk, static_cast<std::size_t>(got)};
      readable_ = peer_ended_ || result.bytes == into_.size();
    } else {
      result = {got == 0 ? IoStatus::kEof : from_errno(errno), 0};
    }
  }
  std::exchange(read_op_, nullptr)->complete(result);
}

IoStatus TcpStream::push() {
  while (!pending_.empty()) {
    std::array<iovec, kMaxGather> vectors;
    std::size_t count = 0;
    std::size_t total = 0;
    for (const std::string_view buffer : pending_) {
      // iovec is const-incorrect by contract: sendmsg() only reads.
      vectors[count++] = {const_cast<char*>(buffer.data()), buffer.size()};
      total += buffer.size();
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) {
        continue;
      }
      return would_block(errno) ? IoStatus::kOk : from_errno(errno);
    }
    auto left = static_cast<std::size_t>(sent);
    const bool partial = left < total;
    while (!pending_.empty() && left >= pending_.front().size()) {
      left -= pending_.front().size();
      pending_ = pending_.subspan(1);
    }
    if (!pending_.empty()) {
      pending_.front().remove_prefix(left);
    }
    if (partial) {
      return IoStatus::kOk;  // the socket's buffer is full: the poller tells when it is not
    }
  }
  return IoStatus::kOk;
}

std::optional<IoResult> TcpStream::start_write(std::span<const std::string_view> buffers,
                                               IoOp& op) {
  if (!socket_.valid()) {
    return IoResult{IoStatus::kCancelled, 0};
  }
  const auto last = std::copy_if(buffers.begin(), buffers.end(), buffers_.begin(),
                                 [](std::string_view buffer) { return !buffer.empty(); });
  pending_ = std::span(buffers_.begin(), last);
  const IoStatus status = push();
  if (status != IoStatus::kOk || pending_.empty()) {
    return IoResult{status, 0};
  }
  write_op_ = &op;
  return std::nullopt;
}

void TcpStream::write_now() {
  const IoStatus status = push();
  if (status != IoStatus::kOk || pending_.empty()) {
    std::exchange(write_op_, nullptr)->complete({status, 0});
  }
}

void TcpStream::shutdown_write() {
  if (socket_.valid()) {
    ::shutdown(socket_.get(), SHUT_WR);
  }
}

void TcpStream::close() {
  if (!socket_.valid()) {
    return;
  }
  poller_->forget(socket_.get(), *this);
  socket_.close();
  if ((read_op_ != nullptr || write_op_ != nullptr || connect_op_ != nullptr) &&
      !Deferred::linked()) {
    poller_->defer(*this);
  }
}

}  // namespace penstock::net
