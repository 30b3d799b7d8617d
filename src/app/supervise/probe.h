#pragma once
// Asks one process on loopback whether it is well: one GET, one status line. Knows nothing of what
// the answer is for. Non-blocking, on the supervisor's loop, a new connection each time (a probe
// must test that the process accepts).

#include <functional>
#include <memory>
#include <string>

#include "app/loop/event_loop.h"

namespace penstock::app::supervise {

class Probe {
 public:
  /// Empty error text: it answered 2xx. Otherwise why not ("connection refused", "answered 503").
  using Done = std::function<void(const std::string& error)>;

  /// Calls `done` once, later, unless it is destroyed first. An empty path asks only for a
  /// connection.
  Probe(EventLoop& loop, std::uint16_t port, const std::string& path,
        std::chrono::milliseconds limit, Done done);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

 private:
  void on_ready(std::uint32_t events);
  void send_request();
  void read_answer();
  void finish(const std::string& error);

  EventLoop& loop_;
  Done done_;
  std::string request_;
  std::string answer_;
  int fd_ = -1;
  bool sent_ = false;
  EventLoop::TimerId timer_ = 0;
};

}  // namespace penstock::app::supervise
