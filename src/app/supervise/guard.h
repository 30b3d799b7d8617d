#pragma once
// The last line against orphans: a tiny process that outlives us by one moment and kills what we
// left.
//
// PR_SET_PDEATHSIG reaches only a direct child; what that child started (a shell's program, a
// Python server's workers) would live on after a kill -9 of ours. The guard hears of every process
// group over a pipe, and when the pipe ends without a goodbye it kills the groups still on its
// list. Create it before the first thread: it is a fork without exec.

#include <sys/types.h>

#include "base/result.h"

namespace penstock::app::supervise {

class Guard {
 public:
  static Result<Guard> start();
  Guard(Guard&& other) noexcept;
  Guard& operator=(Guard&& other) noexcept;
  ~Guard();

  void add(pid_t group) const noexcept;
  void remove(pid_t group) const noexcept;

 private:
  Guard(pid_t pid, int pipe) : pid_(pid), pipe_(pipe) {}
  pid_t pid_;
  int pipe_;
};

}  // namespace penstock::app::supervise
