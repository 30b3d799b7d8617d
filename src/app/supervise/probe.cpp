#include "app/supervise/probe.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/time_format.h"

namespace penstock::app::supervise {
namespace {

std::string describe(int number) {
  return std::generic_category().message(number);
}

}  // namespace

Probe::Probe(EventLoop& loop, std::uint16_t port, const std::string& path,
             std::chrono::milliseconds limit, Done done)
    : loop_(loop), done_(std::move(done)) {
  if (!path.empty()) {
    request_ = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
               "\r\nUser-Agent: penstock-probe\r\nConnection: close\r\n\r\n";
  }
  timer_ = loop_.call_at(loop_.now() + limit,
                         [this, limit] { finish("no answer within " + format_duration(limit)); });
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool refused =
      fd_ < 0 || (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
                  errno != EINPROGRESS);
  if (refused) {
    // Reported from the loop, like every other outcome: the owner is still being told who we are.
    loop_.cancel(timer_);
    timer_ = loop_.call_at(loop_.now(), [this, why = describe(errno)] { finish(why); });
    return;
  }
  const auto watched =
      loop_.watch(fd_, EPOLLOUT, [this](std::uint32_t events) { on_ready(events); });
  if (!watched) {
    loop_.cancel(timer_);
    timer_ = loop_.call_at(loop_.now(), [this, why = watched.error().message()] { finish(why); });
  }
}

Probe::~Probe() {
  loop_.cancel(timer_);
  if (fd_ >= 0) {
    loop_.unwatch(fd_);
    ::close(fd_);
  }
}

void Probe::on_ready(std::uint32_t /*events*/) {
  if (!sent_) {
    send_request();
  } else {
    read_answer();
  }
}

void Probe::send_request() {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    finish(describe(error));
    return;
  }
  if (request_.empty()) {
    finish({});
    return;
  }
  // A fresh socket's send buffer takes these hundred bytes whole.
  if (::send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL) < 0) {
    finish(describe(errno));
    return;
  }
  sent_ = true;
  loop_.rewatch(fd_, EPOLLIN);
}

void Probe::read_answer() {
  std::array<char, 256> buffer{};
  const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (got < 0) {
    if (errno != EAGAIN) {
      finish(describe(errno));
    }
    return;
  }
  answer_.append(buffer.data(), static_cast<std::size_t>(got));
  constexpr std::size_t kStatusEnd = sizeof("HTTP/1.1 200") - 1;
  if (answer_.size() < kStatusEnd) {
    if (got == 0) {
      finish("closed the connection without an answer");
    }
    return;
  }
  if (!answer_.starts_with("HTTP/1.")) {
    finish("did not answer in HTTP");
  } else if (answer_[9] == '2') {
    finish({});
  } else {
    finish("answered " + answer_.substr(9, 3));
  }
}

void Probe::finish(const std::string& error) {
  loop_.cancel(timer_);
  if (fd_ >= 0) {
    loop_.unwatch(fd_);
    ::close(std::exchange(fd_, -1));
  }
  const Done done = std::move(done_);
  done(error);  // may destroy this
}

}  // namespace penstock::app::supervise
