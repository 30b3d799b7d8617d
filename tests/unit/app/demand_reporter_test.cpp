#include "app/gateway/demand_reporter.h"

#include <condition_variable>

#include <gtest/gtest.h>

namespace penstock::app::gateway_role {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Counts what arrives.
class Controller {
 public:
  bool take(const std::string& report) {
    const std::lock_guard lock(mutex_);
    reports_.push_back(report);
    changed_.notify_all();
    return true;
  }
  bool wait(std::size_t count, milliseconds most) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return reports_.size() >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> reports_;
};

TEST(DemandReporter, TellsNowAndThen) {
  Controller controller;
  DemandReporter reporter(system_waiter(),
                          {.every = milliseconds(20), .least_between = milliseconds(5)});
  reporter.start([] { return "{}"; },
                 [&](const std::string& text) { return controller.take(text); });
  EXPECT_TRUE(controller.wait(3, seconds(10)));
}

TEST(DemandReporter, TellsAtOnceWhenACallWaits) {
  Controller controller;
  DemandReporter reporter(system_waiter(),
                          {.every = std::chrono::hours(1), .least_between = milliseconds(1)});
  reporter.start([] { return "{}"; },
                 [&](const std::string& text) { return controller.take(text); });
  ASSERT_TRUE(controller.wait(1, seconds(10)));
  reporter.hurry();
  EXPECT_TRUE(controller.wait(2, seconds(10)));
}

TEST(DemandReporter, AWaitBeforeTheStartIsNotForgotten) {
  Controller controller;
  DemandReporter reporter(system_waiter(),
                          {.every = std::chrono::hours(1), .least_between = milliseconds(1)});
  reporter.hurry();
  EXPECT_FALSE(reporter.started());
  reporter.start([] { return "{}"; },
                 [&](const std::string& text) { return controller.take(text); });
  EXPECT_TRUE(controller.wait(2, seconds(10)));
}

}  // namespace
}  // namespace penstock::app::gateway_role
