#include "net/loop.h"

#include <condition_variable>
#include <mutex>

#include <boost/asio/post.hpp>

#include "net/asio_loop.h"

namespace penstock::net {

Loop::Loop(const Clock& clock)
    : clock_(clock), wheel_(clock.now()), impl_(std::make_unique<Impl>()) {
  impl_->real_time = &clock == &system_clock();
}

Loop::~Loop() = default;

void Loop::run() {
  impl_->context.restart();
  impl_->context.run();
}

void Loop::poll() {
  impl_->context.restart();
  impl_->context.poll();
}

void Loop::run_until(const std::function<bool()>& done) {
  impl_->context.restart();
  while (!done() && impl_->context.run_one() > 0) {
  }
}

void Loop::stop() {
  impl_->context.stop();
}

void Loop::post(std::move_only_function<void()> work) {
  asio::post(impl_->context, std::move(work));
}

void Loop::schedule(std::coroutine_handle<> coroutine) {
  Impl& impl = *impl_;
  impl.ready.push_back(coroutine);
  if (impl.ready.size() > 1) {
    return;  // a drain is on its way
  }
  asio::post(impl.context, [&impl] {
    impl.running.swap(impl.ready);
    for (const std::coroutine_handle<> next : impl.running) {
      next.resume();
    }
    impl.running.clear();
  });
}

void Loop::arm_at(Timer& timer, SteadyTime at) {
  wheel_.arm(timer, at);
  if (at < impl_->armed_for) {
    wake_for_timers();
  }
}

void Loop::fire_timers() {
  wheel_.advance(now());
  wake_for_timers();
}

void Loop::wake_for_timers() {
  // The wheel fires at its own ticks, which are at or after the deadlines: ask it.
  const auto next = wheel_.next();
  Impl& impl = *impl_;
  if (!impl.real_time || !next || *next >= impl.armed_for) {
    return;
  }
  impl.armed_for = *next;
  impl.timer.expires_at(*next);  // aborts the wait before it
  impl.timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) {
      impl_->armed_for = SteadyTime::max();
      fire_timers();
    }
  });
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
