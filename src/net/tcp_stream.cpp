#include "net/tcp_stream.h"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

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
    case ECANCELED:
    case EBADF:
      return IoStatus::kCancelled;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL:
      return IoStatus::kRefused;
    default:
      return IoStatus::kFailed;
  }
}

}  // namespace

IoStatus to_status(const boost::system::error_code& error) {
  if (!error) {
    return IoStatus::kOk;
  }
  if (error == asio::error::eof) {
    return IoStatus::kEof;
  }
  return from_errno(error.value());
}

struct TcpStream::ReadHandler {
  IoOp* op;
  void operator()(const boost::system::error_code& error, std::size_t bytes) const {
    op->complete({to_status(error), bytes});
  }
};

struct TcpStream::WriteHandler {
  std::shared_ptr<TcpStream*> stream;
  IoOp* op;
  void operator()(const boost::system::error_code& error) const {
    if (error || *stream == nullptr) {
      op->complete({error ? to_status(error) : IoStatus::kCancelled, 0});
    } else {
      (*stream)->written();
    }
  }
};

TcpStream::TcpStream(Socket socket) : socket_(std::move(socket)) {
  const int on = 1;
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

TcpStream::~TcpStream() {
  close();
}

std::optional<IoResult> TcpStream::start_read(std::span<char> into, IoOp& op) {
  if (!open_) {
    return IoResult{IoStatus::kCancelled, 0};
  }
  socket_.async_read_some(asio::buffer(into.data(), into.size()), ReadHandler{&op});
  return std::nullopt;
}

IoStatus TcpStream::push() {
  while (!pending_.empty()) {
    std::array<iovec, kMaxGather> vectors{};
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
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno == EAGAIN || errno == EWOULDBLOCK ? IoStatus::kOk : from_errno(errno);
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
      return IoStatus::kOk;  // the socket's buffer is full
    }
  }
  return IoStatus::kOk;
}

std::optional<IoResult> TcpStream::start_write(std::span<const std::string_view> buffers,
                                               IoOp& op) {
  if (!open_) {
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
  write_rest();
  return std::nullopt;
}

void TcpStream::write_rest() {
  if (!self_) {
    self_ = std::make_shared<TcpStream*>(this);
  }
  socket_.async_wait(Socket::wait_write, WriteHandler{self_, write_op_});
}

void TcpStream::written() {
  const IoStatus status = open_ ? push() : IoStatus::kCancelled;
  if (status == IoStatus::kOk && !pending_.empty()) {
    write_rest();
    return;
  }
  std::exchange(write_op_, nullptr)->complete({status, 0});
}

void TcpStream::shutdown_write() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void TcpStream::close() {
  if (open_) {
    open_ = false;
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
}

}  // namespace penstock::net
