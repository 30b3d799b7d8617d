#pragma once
// Sends the gateway's demand to the controller: now and then, and at once when a call begins to
// wait for a model that sleeps. Knows cadence; knows neither the report nor who carries it.
//
// The controller also asks for it four times a second where it can reach us. Each way alone is
// enough; together a waiting call is known within milliseconds.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/wait.h"

namespace penstock::app::gateway_role {

class DemandReporter {
 public:
  using Report = std::function<std::string()>;
  /// Blocking. False: nobody took it.
  using Send = std::function<bool(const std::string& report)>;

  struct Timing {
    std::chrono::milliseconds every{5'000};
    std::chrono::milliseconds least_between{100};  ///< however often calls begin to wait
  };

  explicit DemandReporter(const Waiter& waiter = system_waiter());
  DemandReporter(const Waiter& waiter, Timing timing);

  /// Once. Both must stay usable until destruction.
  void start(Report report, Send send);
  [[nodiscard]] bool started() const { return thread_.joinable(); }
  /// Blocks until a report that is under way has been sent. hurry() stays allowed.
  void stop();

  /// A report is wanted now. Any thread, also before start(); does not block.
  void hurry();

 private:
  void run(const Report& report, const Send& send, const std::stop_token& stop);

  const Waiter& waiter_;
  const Timing timing_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool hurried_ = false;  // guarded by mutex_
  std::jthread thread_;   ///< last: it uses all of the above
};

}  // namespace penstock::app::gateway_role
