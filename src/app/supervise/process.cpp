#include "app/supervise/process.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <map>
#include <netinet/in.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgets this in the header itself
#include <sys/pidfd.h>
}

namespace penstock::app::supervise {
namespace {

std::string describe(int number) {
  return std::generic_category().message(number);
}

struct Image {
  std::string path;
  std::vector<std::string> env;
  std::vector<char*> argv_pointers;
  std::vector<char*> env_pointers;
};

Image image_of(const Command& command, std::string path) {
  Image image;
  image.path = std::move(path);
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) {
      merged.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  for (const auto& [key, value] : command.env) {
    merged.insert_or_assign(key, value);
  }
  for (const auto& [key, value] : merged) {
    image.env.push_back(std::string(key).append("=").append(value));
  }
  for (const auto& argument : command.argv) {
    image.argv_pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  image.argv_pointers.push_back(nullptr);
  for (auto& entry : image.env) {
    image.env_pointers.push_back(entry.data());
  }
  image.env_pointers.push_back(nullptr);
  return image;
}

/// Between fork and exec of a process with threads only async-signal-safe calls are allowed.
[[noreturn]] void become(const Image& image, int log, int null, int report, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) {
    _exit(127);  // the parent died before the line above
  }
  for (int number = 1; number < NSIG; ++number) {
    std::signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(null, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  // Not every library opens its sockets close-on-exec; a child that held our listener would keep
  // its port.
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  execve(image.path.c_str(), image.argv_pointers.data(), image.env_pointers.data());
  const int error = errno;
  const auto written = ::write(report, &error, sizeof error);
  _exit(written > 0 ? 127 : 126);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = -1;
  }

 private:
  int fd_;
};

std::string describe_status(int status) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    return "was killed by signal " + std::to_string(number) + " (" + strsignal(number) + ")";
  }
  return "exited with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Result<Process> Process::start(const Command& command) {
  if (command.argv.empty()) {
    return fail(Code::kInvalid, "there is no program to start: the command is empty");
  }
  PENSTOCK_TRY(path, find_program(command.argv.front()));
  const Image image = image_of(command, path);
  const Descriptor log(
      ::open(command.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (log.get() < 0) {
    return fail(Code::kUnavailable,
                "cannot write the log file " + command.log_file.string() + ": " + describe(errno));
  }
  const Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::array<int, 2> pipe_ends{-1, -1};
  if (null.get() < 0 || ::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
    return fail(Code::kUnavailable, "cannot start " + path + ": " + describe(errno));
  }
  const Descriptor report_read(pipe_ends[0]);
  Descriptor report_write(pipe_ends[1]);

  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    return fail(Code::kUnavailable, "cannot start " + path + ": " + describe(errno));
  }
  if (pid == 0) {
    become(image, log.get(), null.get(), report_write.get(), parent);
  }
  setpgid(pid, pid);  // both sides do it, so that neither can be late
  report_write.reset();
  int error = 0;
  const auto got = ::read(report_read.get(), &error, sizeof error);  // end of file: exec succeeded
  if (got > 0) {
    waitpid(pid, nullptr, 0);
    return fail(error == ENOENT ? Code::kNotFound : Code::kUnavailable,
                "cannot start " + path + ": " + describe(error));
  }
  const int pidfd = pidfd_open(pid, 0);
  if (pidfd < 0) {
    const int reason = errno;
    kill(-pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return fail(Code::kUnavailable, "cannot watch " + path + ": " + describe(reason));
  }
  fcntl(pidfd, F_SETFD, FD_CLOEXEC);
  return Process(pid, pidfd);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::exchange(other.pidfd_, -1)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(pidfd_, other.pidfd_);
  return *this;
}

Process::~Process() {
  if (pid_ > 0) {
    signal_group(SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (pidfd_ >= 0) {
    ::close(pidfd_);
  }
}

void Process::signal_group(int signal) const noexcept {
  if (pid_ > 0) {
    kill(-pid_, signal);
  }
}

std::string Process::reap() {
  int status = 0;
  // The group goes first: while its leader is not reaped, no other group can have this number.
  signal_group(SIGKILL);
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return describe_status(status);
}

Result<std::string> find_program(const std::string& program) {
  if (program.find('/') != std::string::npos) {
    if (access(program.c_str(), X_OK) == 0) {
      return program;
    }
    return fail(Code::kNotFound,
                "the program \"" + program + "\" cannot be executed: " + describe(errno));
  }
  const char* variable = std::getenv("PATH");
  std::string_view path = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
  while (!path.empty()) {
    const auto colon = path.find(':');
    std::string candidate = std::string(path.substr(0, colon)) + "/" + program;
    std::error_code ignored;
    if (access(candidate.c_str(), X_OK) == 0 &&
        std::filesystem::is_regular_file(candidate, ignored)) {
      return candidate;
    }
    path = colon == std::string_view::npos ? std::string_view() : path.substr(colon + 1);
  }
  return fail(Code::kNotFound,
              "the program \"" + program + "\" is not installed (not found on PATH)");
}

Result<std::uint16_t> free_loopback_port() {
  const Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (fd.get() < 0 || ::bind(fd.get(), generic, length) != 0 ||
      ::getsockname(fd.get(), generic, &length) != 0) {
    return fail(Code::kUnavailable, "no free port on 127.0.0.1: " + describe(errno));
  }
  return ntohs(address.sin_port);
}

}  // namespace penstock::app::supervise
