#pragma once
// A thread for each connection, up to a limit; beyond it connections wait in the kernel's backlog.
// Knows the HTTP library's task queue and nothing of what a connection does.

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include <httplib.h>

namespace penstock::controller::configuration {

class ConnectionThreads final : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(std::size_t most) : most_(most) {}

  /// Blocks while all are busy.
  void enqueue(std::function<void()> connection) override;
  /// Waits for all.
  void shutdown() override;

 private:
  struct Worker {
    std::thread thread;
    bool done = false;
  };
  void reap();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::list<Worker> workers_;  // guarded by mutex_
};

}  // namespace penstock::controller::configuration
