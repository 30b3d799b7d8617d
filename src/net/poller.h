#pragma once
// The loop's operating system side: epoll, wake-ups, queues of work. For the files of this folder
// that own descriptors; nobody else includes it.
//
// Descriptors are registered once, edge-triggered for both directions, and never modified again: a
// wait for readiness costs no system call, and neither does starting to wait.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <sys/epoll.h>
#include <vector>

#include "net/loop.h"

namespace penstock::net {

/// Somebody who owns a registered descriptor.
class Watch {
 public:
  virtual void ready(std::uint32_t events) = 0;

 protected:
  ~Watch() = default;
};

/// Work for the loop's next turn; a node of its owner, like Timer.
class Deferred : public ListNode {
 public:
  virtual void run() = 0;

 protected:
  ~Deferred() = default;
};

struct Loop::Impl : std::enable_shared_from_this<Loop::Impl> {
  Impl();
  ~Impl();

  /// Registers for reading and writing, edge-triggered (or for reading only, level-triggered).
  [[nodiscard]] bool add(int descriptor, Watch& watch, bool edge_triggered = true);
  /// To be called before the descriptor is closed: events already fetched are dropped.
  void forget(int descriptor, Watch& watch) noexcept;

  void defer(Deferred& work) noexcept { deferred.push_back(work); }

  /// From any thread.
  void post(std::move_only_function<void()> work);
  void wake() noexcept;

  /// True if any work was done. `timeout_ms` as epoll_wait's, shortened when work is at hand.
  bool turn(int timeout_ms);

  static constexpr std::size_t kBatch = 128;

  int epoll = -1;
  int event = -1;
  std::atomic<bool> stopping{false};
  std::array<epoll_event, kBatch> events{};
  std::size_t event_at = 0;
  std::size_t event_count = 0;

  IntrusiveList<Deferred> deferred;
  std::vector<std::coroutine_handle<>> ready;
  std::vector<std::coroutine_handle<>> resuming;

  std::mutex mutex;
  std::vector<std::move_only_function<void()>> posted;  ///< guarded by mutex
  std::vector<std::move_only_function<void()>> working;
  std::atomic<bool> woken{false};
};

}  // namespace penstock::net
