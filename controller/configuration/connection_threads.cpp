#include "controller/configuration/connection_threads.h"

namespace penstock::controller::configuration {

void ConnectionThreads::reap() {
  std::erase_if(workers_, [](Worker& worker) {
    if (worker.done) {
      worker.thread.join();  // it has nothing left to do but to return
    }
    return worker.done;
  });
}

void ConnectionThreads::enqueue(std::function<void()> connection) {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] {
    reap();
    return workers_.size() < most_;
  });
  Worker& worker = workers_.emplace_back();
  worker.thread = std::thread([this, &worker, run = std::move(connection)] {
    run();
    {
      const std::lock_guard inner(mutex_);
      worker.done = true;
      ended_.notify_all();
    }
  });
}

void ConnectionThreads::shutdown() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] {
    reap();
    return workers_.empty();
  });
}

}  // namespace penstock::controller::configuration
