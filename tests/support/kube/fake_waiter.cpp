#include "tests/support/kube/fake_waiter.h"

#include <thread>

namespace penstock::test {
namespace {
constexpr std::chrono::milliseconds kLook{1};  // real time between looks at the fake one
}

SteadyTime FakeWaiter::now() const {
  const std::lock_guard lock(mutex_);
  return SteadyTime(std::chrono::duration_cast<SteadyTime::duration>(passed_));
}

WallTime FakeWaiter::wall_now() const {
  const std::lock_guard lock(mutex_);
  constexpr std::chrono::seconds kStart{1'790'000'000};  // a morning in September 2026
  return WallTime(std::chrono::duration_cast<WallTime::duration>(kStart + passed_ + wall_jump_));
}

bool FakeWaiter::wait_until(std::unique_lock<std::mutex>& lock,
                            std::condition_variable_any& changed, SteadyTime deadline,
                            const std::stop_token& stop, const std::function<bool()>& done) const {
  if (mode_ == Mode::kByItself && deadline != kForever) {
    if (!done() && !stop.stop_requested()) {
      const SteadyTime start = now();
      const std::lock_guard own(mutex_);
      waits_.push_back(std::max(deadline, start) - start);
      passed_ = std::max<std::chrono::nanoseconds>(passed_, deadline.time_since_epoch());
    }
    return done();
  }
  ++waiting_;
  while (!done() && !stop.stop_requested() && now() < deadline) {
    changed.wait_for(lock, kLook);
  }
  --waiting_;
  return done();
}

void FakeWaiter::advance(std::chrono::nanoseconds by) {
  const std::lock_guard lock(mutex_);
  passed_ += by;
}

void FakeWaiter::jump_wall(std::chrono::nanoseconds by) {
  const std::lock_guard lock(mutex_);
  wall_jump_ += by;
}

std::vector<std::chrono::nanoseconds> FakeWaiter::waits() const {
  const std::lock_guard lock(mutex_);
  return waits_;
}

void FakeWaiter::settle(int count) const {
  while (waiting_.load() < count) {
    std::this_thread::sleep_for(kLook);
  }
}

}  // namespace penstock::test
