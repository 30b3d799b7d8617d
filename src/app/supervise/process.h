#pragma once
// One operating system process: start it, learn of its end, signal its whole group. Knows nothing
// of health, restarts or models. Linux (pidfd, PR_SET_PDEATHSIG).
//
// Children live in a process group of their own, so a Ctrl-C in the terminal reaches only us, and
// are killed by the kernel when the thread that started them ends: start them from the main thread.

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "base/result.h"

namespace penstock::app::supervise {

struct Command {
  std::vector<std::string> argv;  ///< argv[0] is looked up on PATH when it has no slash
  std::vector<std::pair<std::string, std::string>> env;  ///< added to ours, and wins over it
  std::filesystem::path log_file;                        ///< stdout and stderr, appended
};

class Process {
 public:
  /// Error kNotFound when the program does not exist (the message names it and PATH), kUnavailable
  /// when the system refuses another process.
  static Result<Process> start(const Command& command);

  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  /// Kills the group of a process that was not reaped.
  ~Process();

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Readable once the process has ended.
  [[nodiscard]] int exit_descriptor() const noexcept { return pidfd_; }

  void signal_group(int signal) const noexcept;

  /// After exit_descriptor() became readable: collects the status and kills what the process left
  /// behind in its group. "exited with code 3", "was killed by signal 9 (Killed)".
  [[nodiscard]] std::string reap();

 private:
  Process(pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}
  pid_t pid_ = -1;
  int pidfd_ = -1;
};

/// The path that execution of `program` would use: itself with a slash in it, else the first match
/// on PATH. Error kNotFound.
[[nodiscard]] Result<std::string> find_program(const std::string& program);

/// A TCP port on 127.0.0.1 that nobody listened on a moment ago.
[[nodiscard]] Result<std::uint16_t> free_loopback_port();

}  // namespace penstock::app::supervise
