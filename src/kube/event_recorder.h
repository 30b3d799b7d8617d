#pragma once
// Tells users what happened to their objects, as events.k8s.io/v1 Events. Knows the API; what
// counts as new is event_series.h's. Never blocks the teller: a full queue drops the news and
// counts it.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/wait.h"
#include "kube/client.h"
#include "kube/event_series.h"

namespace penstock::kube {

struct EventRecorderOptions {
  std::string controller = "penstock.dev/controller";  ///< reportingController
  std::string instance{};                              ///< reportingInstance: the pod
  std::size_t queue = 1'000;
  int tries = 12;
  std::chrono::seconds between_tries{10};
  std::uint64_t stamp = 0;  ///< start of the numbers in Event names; unique per process
};

class EventRecorder {
 public:
  EventRecorder(Client& client, const Waiter& waiter, EventRecorderOptions options);

  /// Any thread; returns at once.
  void record(const Object& regarding, EventType type, std::string reason, std::string action,
              std::string note);
  void record(EventNote note);

  /// Writes until stopped; what is queued then gets two more seconds.
  void run(std::stop_token stop);

  [[nodiscard]] std::uint64_t dropped() const;

 private:
  bool deliver_next(const std::stop_token& stop);
  void deliver(const EventNote& note, const std::stop_token& stop);
  bool write(const EventNote& note, const EventDecision& decision, WallTime at,
             const std::stop_token& stop);

  Client& client_;
  const Waiter& waiter_;
  const EventRecorderOptions options_;
  EventSeries series_;  // only run()'s thread
  std::uint64_t stamp_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<EventNote> queue_;
  std::uint64_t dropped_ = 0;
};

}  // namespace penstock::kube
