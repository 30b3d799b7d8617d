#include "tests/support/socket_io.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace penstock::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

[[noreturn]] void die(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

void set_no_delay(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

SocketIo::SocketIo(SocketIo&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

SocketIo& SocketIo::operator=(SocketIo&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

SocketIo::~SocketIo() {
  close();
}

SocketIo SocketIo::connect(std::uint16_t port) {
  SocketIo out(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (::connect(out.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
      0) {
    die("connect");
  }
  set_no_delay(out.descriptor_);
  return out;
}

bool SocketIo::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

SocketIo::Got SocketIo::receive(std::string& buffer, std::chrono::milliseconds limit) {
  pollfd poll_for{descriptor_, POLLIN, 0};
  if (::poll(&poll_for, 1, static_cast<int>(limit.count())) <= 0) {
    return Got::kTimeout;
  }
  std::array<char, 65'536> bytes;
  const ssize_t got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (got > 0) {
    buffer.append(bytes.data(), static_cast<std::size_t>(got));
    return Got::kBytes;
  }
  return got == 0 ? Got::kEnd : Got::kReset;
}

bool SocketIo::peer_leaves(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::string ignored;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return false;
    }
    const Got got = receive(ignored, left);
    if (got == Got::kEnd || got == Got::kReset) {
      return true;
    }
  }
}

void SocketIo::close() {
  if (descriptor_ >= 0) {
    ::close(std::exchange(descriptor_, -1));
  }
}

void SocketIo::reset() {
  const linger abortive{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &abortive, sizeof(abortive));
  close();
}

void SocketIo::finish_sending() {
  ::shutdown(descriptor_, SHUT_WR);
}

LoopbackListener::LoopbackListener()
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof(address);
  constexpr int kBacklog = 1'024;
  if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::listen(descriptor_, kBacklog) != 0 ||
      ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    die("listen");
  }
  port_ = ntohs(address.sin_port);
}

LoopbackListener::~LoopbackListener() {
  ::close(descriptor_);
}

SocketIo LoopbackListener::accept() {
  const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (accepted >= 0) {
    set_no_delay(accepted);
  }
  return SocketIo(accepted);
}

void LoopbackListener::shut_down() {
  ::shutdown(descriptor_, SHUT_RDWR);
}

}  // namespace penstock::testing
