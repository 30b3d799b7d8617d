#include "net/loop.h"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <mutex>

#include "net/poller.h"

namespace penstock::net {

Loop::Loop(const Clock& clock)
    : clock_(clock),
      real_time_(&clock == &system_clock()),
      turned_at_(clock.now()),
      wheel_(turned_at_),
      impl_(std::make_shared<Impl>()) {}

Loop::~Loop() = default;

void Loop::turn() {
  impl_->turn(wait_ms());
  if (real_time_) {
    turned_at_ = now();
    wheel_.advance(turned_at_);
  }
}

/// From the last turn's end (just now, or the turn does not wait) until the next timer, rounded up
/// to epoll's milliseconds; -1 = for ever.
int Loop::wait_ms() const {
  const auto next = real_time_ ? wheel_.next() : std::nullopt;
  if (!next) {
    return -1;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - turned_at_).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

void Loop::run() {
  turned_at_ = now();
  while (!impl_->stopping.load()) {
    turn();
  }
  impl_->stopping.store(false);
}

void Loop::poll() {
  while (impl_->turn(0)) {
  }
}

void Loop::run_until(const std::function<bool()>& done) {
  turned_at_ = now();
  while (!done()) {
    turn();
  }
}

void Loop::stop() {
  impl_->stopping.store(true);
  impl_->wake();
}

void Loop::post(std::move_only_function<void()> work) {
  impl_->post(std::move(work));
}

void Loop::schedule(std::coroutine_handle<> coroutine) {
  impl_->ready.push_back(coroutine);
}

void Loop::arm_at(Timer& timer, SteadyTime at) {
  wheel_.arm(timer, at);
}

void Loop::fire_timers() {
  wheel_.advance(now());
}

LoopGroup::LoopGroup(std::size_t count) {
  loops_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    loops_.push_back(std::make_unique<Loop>());
  }
}

LoopGroup::~LoopGroup() {
  stop();
}

void LoopGroup::start() {
  for (const auto& loop : loops_) {
    threads_.emplace_back([target = loop.get()] { target->run(); });
  }
}

void LoopGroup::stop() {
  if (threads_.empty()) {
    return;
  }
  for (const auto& loop : loops_) {
    loop->stop();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

void LoopGroup::for_each(const std::function<void(Loop&, std::size_t)>& work) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t left = loops_.size();
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    Loop& loop = *loops_[i];
    loop.post([&, i] {
      work(loop, i);
      const std::lock_guard lock(mutex);
      --left;
      changed.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return left == 0; });
}

}  // namespace penstock::net
