#pragma once
// Ends blocking socket calls whose time is over or that nobody wants any more. Knows file
// descriptors and time; knows nothing of HTTP.
//
// It shuts down a duplicate of the socket's descriptor, so it can never hit a descriptor that was
// closed and given out again, and repeats until the call has left: a socket that was still
// connecting at the first try is caught at the next.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace penstock::kube {

/// Owns a duplicate of a socket descriptor.
class SocketHandle {
 public:
  SocketHandle() = default;
  explicit SocketHandle(int socket);  ///< duplicates `socket`, which stays the caller's
  SocketHandle(SocketHandle&& other) noexcept;
  SocketHandle& operator=(SocketHandle&& other) noexcept;
  ~SocketHandle();

  void shut_down() const noexcept;
  /// Open, and the peer has neither closed nor reset.
  [[nodiscard]] bool alive() const noexcept;

 private:
  int fd_ = -1;
};

class Watchdog {
 public:
  enum class Verdict { kInTime, kTimeout, kCancelled };

  Watchdog();
  ~Watchdog();

  /// A call begins: shut down `deadline` at the latest.
  std::uint64_t begin(SteadyTime deadline);
  /// The call's socket, once there is one (again after a reconnect).
  void attach(std::uint64_t call, int socket);
  void attach(std::uint64_t call, SocketHandle socket);
  void cancel(std::uint64_t call);
  /// The call has returned. The socket comes back for reuse.
  struct End {
    Verdict verdict;
    SocketHandle socket;
  };
  End end(std::uint64_t call);

 private:
  struct Call {
    SteadyTime deadline;
    bool cancelled = false;
    bool late = false;
    SocketHandle socket;
  };

  void run(const std::stop_token& stop);
  SteadyTime strike(SteadyTime now);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool news_ = false;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, Call> calls_;
  std::jthread thread_;
};

}  // namespace penstock::kube
