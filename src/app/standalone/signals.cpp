#include "app/standalone/signals.h"

#include <cerrno>
#include <csignal>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace penstock::app::standalone {
namespace {

/// Blocking an ignored signal would queue it all the same.
bool ignored_from_outside(int number) {
  struct sigaction now{};
  return sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

Result<int> stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (number == SIGTERM || !ignored_from_outside(number)) {
      sigaddset(&set, number);
    }
  }
  std::signal(SIGPIPE, SIG_IGN);
  const int fd = pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0
                     ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)
                     : -1;
  if (fd < 0) {
    return fail(Code::kInternal,
                "cannot receive signals: " + std::generic_category().message(errno));
  }
  return fd;
}

bool take_signal(int descriptor) {
  signalfd_siginfo info{};
  return ::read(descriptor, &info, sizeof info) == sizeof info;
}

}  // namespace penstock::app::standalone
