#include "kube/watchdog.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "base/wait.h"

namespace penstock::kube {
namespace {
constexpr std::chrono::milliseconds kStrikeAgain{20};
}

SocketHandle::SocketHandle(int socket) : fd_(::fcntl(socket, F_DUPFD_CLOEXEC, 0)) {}

SocketHandle::SocketHandle(SocketHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

SocketHandle& SocketHandle::operator=(SocketHandle&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

SocketHandle::~SocketHandle() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

void SocketHandle::shut_down() const noexcept {
  if (fd_ >= 0) {
    ::shutdown(fd_, SHUT_RDWR);
  }
}

bool SocketHandle::alive() const noexcept {
  if (fd_ < 0) {
    return false;
  }
  pollfd state{fd_, POLLRDHUP, 0};
  return ::poll(&state, 1, 0) == 0;
}

Watchdog::Watchdog() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

Watchdog::~Watchdog() {
  thread_.request_stop();
}

std::uint64_t Watchdog::begin(SteadyTime deadline) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t call = next_++;
  calls_[call].deadline = deadline;
  news_ = true;
  changed_.notify_one();
  return call;
}

void Watchdog::attach(std::uint64_t call, int socket) {
  attach(call, SocketHandle(socket));
}

void Watchdog::attach(std::uint64_t call, SocketHandle socket) {
  const std::lock_guard lock(mutex_);
  calls_[call].socket = std::move(socket);
}

void Watchdog::cancel(std::uint64_t call) {
  const std::lock_guard lock(mutex_);
  if (const auto found = calls_.find(call); found != calls_.end()) {
    found->second.cancelled = true;
    found->second.socket.shut_down();
    news_ = true;
    changed_.notify_one();
  }
}

Watchdog::End Watchdog::end(std::uint64_t call) {
  const std::lock_guard lock(mutex_);
  auto node = calls_.extract(call);
  Call& ended = node.mapped();
  const Verdict verdict = ended.cancelled ? Verdict::kCancelled
                          : ended.late    ? Verdict::kTimeout
                                          : Verdict::kInTime;
  return End{verdict, std::move(ended.socket)};
}

SteadyTime Watchdog::strike(SteadyTime now) {
  SteadyTime next = Waiter::kForever;
  for (auto& [id, call] : calls_) {
    if (call.deadline <= now) {
      call.late = true;
    }
    if (call.late || call.cancelled) {
      call.socket.shut_down();
      next = std::min(next, now + kStrikeAgain);
    } else {
      next = std::min(next, call.deadline);
    }
  }
  return next;
}

void Watchdog::run(const std::stop_token& stop) {
  const Waiter& waiter = system_waiter();
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const SteadyTime next = strike(waiter.now());
    waiter.wait_until(lock, changed_, next, stop, [this] { return news_; });
    news_ = false;
  }
}

}  // namespace penstock::kube
