#include "app/loop/event_loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <system_error>
#include <unistd.h>

namespace penstock::app {
namespace {

constexpr unsigned kGenerationShift = 32;

epoll_event request(int fd, std::uint32_t generation, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = (std::uint64_t{generation} << kGenerationShift) | static_cast<std::uint32_t>(fd);
  return event;
}

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::create(const Clock& clock) {
  const int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) {
    return fail(Code::kUnavailable,
                "cannot create an event loop: " + std::generic_category().message(errno) +
                    "; raise the limit of open files (ulimit -n)");
  }
  return std::unique_ptr<EventLoop>(new EventLoop(clock, fd));
}

EventLoop::~EventLoop() {
  ::close(epoll_fd_);
}

Result<> EventLoop::watch(int fd, std::uint32_t events, Callback callback) {
  const std::uint32_t generation = ++last_generation_;
  epoll_event event = request(fd, generation, events);
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
    return fail(Code::kInternal, "cannot watch descriptor " + std::to_string(fd) + ": " +
                                     std::generic_category().message(errno));
  }
  watches_[fd] = std::make_shared<Watch>(Watch{generation, std::move(callback)});
  return {};
}

void EventLoop::rewatch(int fd, std::uint32_t events) {
  const auto found = watches_.find(fd);
  if (found != watches_.end()) {
    epoll_event event = request(fd, found->second->generation, events);
    epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
  }
}

void EventLoop::unwatch(int fd) {
  if (watches_.erase(fd) != 0) {
    epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  }
}

EventLoop::TimerId EventLoop::call_at(SteadyTime when, std::function<void()> callback) {
  const TimerId id = ++last_timer_;
  timers_.emplace(when, Timer{id, std::move(callback)});
  return id;
}

void EventLoop::cancel(TimerId id) {
  const auto found =
      std::ranges::find_if(timers_, [id](const auto& t) { return t.second.id == id; });
  if (found != timers_.end()) {
    timers_.erase(found);
  }
}

void EventLoop::run() {
  stopped_ = false;
  while (!stopped_) {
    run_once(std::chrono::hours(1));
  }
}

void EventLoop::run_once(std::chrono::milliseconds limit) {
  std::array<epoll_event, 64> ready{};
  const int count =
      epoll_wait(epoll_fd_, ready.data(), static_cast<int>(ready.size()), wait_milliseconds(limit));
  for (int i = 0; i < count && !stopped_; ++i) {
    const auto& event = ready.at(static_cast<std::size_t>(i));
    const int fd = static_cast<int>(event.data.u64 & 0xffff'ffffU);
    const auto found = watches_.find(fd);
    // An earlier callback of this round may have closed the descriptor, and another may have its
    // number.
    if (found != watches_.end() &&
        found->second->generation == event.data.u64 >> kGenerationShift) {
      const std::shared_ptr<Watch> watch = found->second;  // it may unwatch itself
      watch->callback(event.events);
    }
  }
  run_due_timers();
}

void EventLoop::run_due_timers() {
  const SteadyTime now = clock_->now();
  while (!stopped_ && !timers_.empty() && timers_.begin()->first <= now) {
    auto node = timers_.extract(timers_.begin());
    node.mapped().callback();
  }
}

int EventLoop::wait_milliseconds(std::chrono::milliseconds limit) const {
  auto wait = limit;
  if (!timers_.empty()) {
    // Rounded up: waking a fraction of a millisecond early would spin until the timer is due.
    const auto due =
        std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - clock_->now());
    wait = std::clamp(due, std::chrono::milliseconds(0), limit);
  }
  return static_cast<int>(wait.count());
}

}  // namespace penstock::app
