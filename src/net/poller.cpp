#include "net/poller.h"

#include <cerrno>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace penstock::net {

Loop::Impl::Impl()
    : epoll(::epoll_create1(EPOLL_CLOEXEC)), event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.ptr = nullptr;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, event, &interest);
}

Loop::Impl::~Impl() {
  ::close(event);
  ::close(epoll);
}

bool Loop::Impl::add(int descriptor, Watch& watch, bool edge_triggered) {
  epoll_event interest{};
  interest.events = edge_triggered ? EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET : EPOLLIN;
  interest.data.ptr = &watch;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &interest) == 0;
}

void Loop::Impl::forget(int descriptor, Watch& watch) noexcept {
  ::epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nullptr);
  for (std::size_t i = event_at; i < event_count; ++i) {
    if (events[i].data.ptr == &watch) {
      events[i].data.ptr = nullptr;
    }
  }
}

void Loop::Impl::post(std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(mutex);
    posted.push_back(std::move(work));
  }
  wake();
}

void Loop::Impl::wake() noexcept {
  if (!woken.exchange(true)) {
    const std::uint64_t one = 1;
    // Cannot fail but by overflow, which `woken` prevents.
    [[maybe_unused]] const auto written = ::write(event, &one, sizeof(one));
  }
}

bool Loop::Impl::turn(int timeout_ms) {
  bool worked = false;
  if (woken.load(std::memory_order_relaxed)) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event, &count, sizeof(count));
    woken.store(false);  // before taking the work: what comes later wakes again
    {
      const std::lock_guard lock(mutex);
      working.swap(posted);
    }
    for (auto& work : working) {
      work();
      worked = true;
    }
    working.clear();
  }
  IntrusiveList<Deferred> due;
  due.splice(deferred);
  while (Deferred* work = due.pop_front()) {
    work->run();
    worked = true;
  }
  resuming.swap(ready);
  for (const std::coroutine_handle<> coroutine : resuming) {
    coroutine.resume();
    worked = true;
  }
  resuming.clear();

  const bool more = !deferred.empty() || !ready.empty() || woken.load();
  const bool wait = !more && !worked && !stopping.load();
  const int got = ::epoll_wait(epoll, events.data(), kBatch, wait ? timeout_ms : 0);
  event_count = got > 0 ? static_cast<std::size_t>(got) : 0;
  for (event_at = 0; event_at < event_count;) {
    const epoll_event& next = events[event_at++];
    if (next.data.ptr != nullptr) {
      static_cast<Watch*>(next.data.ptr)->ready(next.events);
      worked = true;
    }
  }
  event_count = 0;
  return worked || more;
}

}  // namespace penstock::net
