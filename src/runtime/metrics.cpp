#include "runtime/metrics.h"

#include <string>

namespace penstock::runtime {
namespace {

using telemetry::Family;
using telemetry::Kind;

constexpr std::string_view kByController[] = {"controller"};
constexpr std::string_view kByOutcome[] = {"controller", "outcome"};
constexpr std::string_view kByResource[] = {"resource"};
constexpr std::string_view kByCall[] = {"verb", "resource", "code"};
constexpr std::string_view kByVerb[] = {"verb"};
constexpr double kSeconds[] = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60};

constexpr Family kPasses{"penstock_reconcile_total",
                         "Passes of a controller by their end.",
                         Kind::kCounter,
                         kByOutcome,
                         {}};
constexpr Family kPassSeconds{"penstock_reconcile_seconds", "Time one pass took.", Kind::kHistogram,
                              kByController, kSeconds};
constexpr Family kQueueSeconds{"penstock_workqueue_wait_seconds", "Time a key waited for a worker.",
                               Kind::kHistogram, kByController, kSeconds};
constexpr Family kDepth{
    "penstock_workqueue_depth", "Keys that wait for a worker.", Kind::kGauge, kByController, {}};
constexpr Family kDelayed{
    "penstock_workqueue_delayed", "Keys that wait for a time.", Kind::kGauge, kByController, {}};
constexpr Family kAdds{
    "penstock_workqueue_adds_total", "Keys added.", Kind::kCounter, kByController, {}};
constexpr Family kRetries{"penstock_workqueue_retries_total",
                          "Keys added after a failure.",
                          Kind::kCounter,
                          kByController,
                          {}};
constexpr Family kLongest{"penstock_workqueue_longest_running_milliseconds",
                          "Age of the pass that has run longest.",
                          Kind::kGauge,
                          kByController,
                          {}};
constexpr Family kCalls{
    "penstock_kube_requests_total", "Requests to the API server.", Kind::kCounter, kByCall, {}};
constexpr Family kCallRetries{"penstock_kube_request_retries_total",
                              "Requests to the API server that were sent again.",
                              Kind::kCounter,
                              kByVerb,
                              {}};
constexpr Family kCallSeconds{"penstock_kube_request_seconds",
                              "Time of requests to the API server, retries included, watches not.",
                              Kind::kHistogram, kByVerb, kSeconds};
constexpr Family kSynced{"penstock_informer_synced",
                         "1 when the cache has its first content.",
                         Kind::kGauge,
                         kByResource,
                         {}};
constexpr Family kLists{
    "penstock_informer_lists_total", "Lists of a cache.", Kind::kCounter, kByResource, {}};
constexpr Family kInformerFailures{"penstock_informer_failures_total",
                                   "Lists and watches of a cache that failed.",
                                   Kind::kCounter,
                                   kByResource,
                                   {}};
constexpr Family kLeading{"penstock_leading", "1 while this replica leads.", Kind::kGauge, {}, {}};

constexpr std::string_view name(PassOutcome outcome) {
  switch (outcome) {
    case PassOutcome::kDone:
      return "done";
    case PassOutcome::kRequeued:
      return "requeued";
    case PassOutcome::kFailed:
      return "failed";
    case PassOutcome::kDeferred:
      return "deferred";
  }
  return "failed";
}

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void Metrics::pass(std::string_view controller, PassOutcome outcome,
                   std::chrono::nanoseconds waited, std::chrono::nanoseconds worked) {
  const std::lock_guard lock(mutex_);
  registry_.cell(kPasses, {controller, name(outcome)}).add();
  if (outcome != PassOutcome::kDeferred) {
    registry_.histogram(kQueueSeconds, {controller}).observe(seconds(waited));
    registry_.histogram(kPassSeconds, {controller}).observe(seconds(worked));
  }
}

void Metrics::queue(std::string_view controller, const QueueNumbers& numbers) {
  const auto set = [&](const Family& family, auto value) {
    registry_.cell(family, {controller}).set(static_cast<std::int64_t>(value));
  };
  const std::lock_guard lock(mutex_);
  set(kDepth, numbers.depth);
  set(kDelayed, numbers.delayed);
  set(kAdds, numbers.adds);
  set(kRetries, numbers.retries);
  set(kLongest,
      std::chrono::duration_cast<std::chrono::milliseconds>(numbers.longest_running).count());
}

void Metrics::api_call(const kube::CallRecord& call) {
  const std::lock_guard lock(mutex_);
  registry_.cell(kCalls, {call.verb, call.resource, std::to_string(call.status)}).add();
  if (call.tries > 1) {
    registry_.cell(kCallRetries, {call.verb}).add(call.tries - 1);
  }
  if (call.verb != "watch") {
    registry_.histogram(kCallSeconds, {call.verb}).observe(seconds(call.duration));
  }
}

void Metrics::informer(std::string_view resource, bool synced, std::uint64_t lists,
                       std::uint64_t failures) {
  const std::lock_guard lock(mutex_);
  registry_.cell(kSynced, {resource}).set(synced ? 1 : 0);
  registry_.cell(kLists, {resource}).set(static_cast<std::int64_t>(lists));
  registry_.cell(kInformerFailures, {resource}).set(static_cast<std::int64_t>(failures));
}

void Metrics::leading(bool leads) {
  const std::lock_guard lock(mutex_);
  registry_.cell(kLeading).set(leads ? 1 : 0);
}

}  // namespace penstock::runtime
