#include "app/supervise/guard.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace penstock::app::supervise {
namespace {

constexpr std::size_t kMaxGroups = 4096;

/// One message, smaller than PIPE_BUF and so written in one piece. Positive: watch; negative:
/// forget.
using Message = std::int32_t;

/// Runs in the forked copy: no allocation, no locks.
[[noreturn]] void watch_over(int pipe) {
  static std::array<Message, kMaxGroups> groups{};
  std::size_t count = 0;
  setsid();  // out of reach of the terminal's Ctrl-C
  prctl(PR_SET_NAME, "penstock-guard");
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
    std::signal(number, SIG_IGN);
  }
  Message message = 0;
  for (;;) {
    const auto got = ::read(pipe, &message, sizeof message);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got != sizeof message) {
      break;
    }
    if (message > 0 && count < groups.size()) {
      groups.at(count++) = message;
    }
    for (std::size_t i = 0; message < 0 && i < count; ++i) {
      if (groups.at(i) == -message) {
        groups.at(i) = groups.at(--count);
      }
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    kill(-groups.at(i), SIGKILL);
  }
  _exit(0);
}

void send(int pipe, Message message) {
  while (::write(pipe, &message, sizeof message) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<Guard> Guard::start() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(Code::kUnavailable,
                "cannot start the guard process: " + std::generic_category().message(errno));
  }
  const pid_t pid = fork();
  if (pid < 0) {
    const int reason = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return fail(Code::kUnavailable,
                "cannot start the guard process: " + std::generic_category().message(reason));
  }
  if (pid == 0) {
    ::close(ends[1]);
    watch_over(ends[0]);
  }
  ::close(ends[0]);
  return Guard(pid, ends[1]);
}

Guard::Guard(Guard&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pipe_(std::exchange(other.pipe_, -1)) {}

Guard& Guard::operator=(Guard&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(pipe_, other.pipe_);
  return *this;
}

Guard::~Guard() {
  if (pid_ > 0) {
    ::close(pipe_);
    waitpid(pid_, nullptr, 0);
  }
}

void Guard::add(pid_t group) const noexcept {
  send(pipe_, group);
}
void Guard::remove(pid_t group) const noexcept {
  send(pipe_, -group);
}

}  // namespace penstock::app::supervise
