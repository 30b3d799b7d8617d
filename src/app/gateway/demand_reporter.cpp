#include "app/gateway/demand_reporter.h"

#include "base/log.h"

namespace penstock::app::gateway_role {

DemandReporter::DemandReporter(const Waiter& waiter) : DemandReporter(waiter, Timing{}) {}

DemandReporter::DemandReporter(const Waiter& waiter, Timing timing)
    : waiter_(waiter), timing_(timing) {}

void DemandReporter::start(Report report, Send send) {
  thread_ = std::jthread([this, report = std::move(report), send = std::move(send)](
                             const std::stop_token& stop) { run(report, send, stop); });
}

void DemandReporter::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

void DemandReporter::hurry() {
  {
    const std::lock_guard lock(mutex_);
    hurried_ = true;
  }
  changed_.notify_all();
}

void DemandReporter::run(const Report& report, const Send& send, const std::stop_token& stop) {
  bool taken = true;
  while (!stop.stop_requested()) {
    const bool now_taken = send(report());
    if (now_taken != taken) {
      taken = now_taken;
      log::info(taken ? "the controller takes demand reports"
                      : "the controller does not take demand reports; it may ask for them instead");
    }
    if (!waiter_.sleep(timing_.least_between, stop)) {
      return;
    }
    std::unique_lock lock(mutex_);
    waiter_.wait_until(lock, changed_, waiter_.now() + timing_.every - timing_.least_between, stop,
                       [this] { return hurried_; });
    hurried_ = false;
  }
}

}  // namespace penstock::app::gateway_role
