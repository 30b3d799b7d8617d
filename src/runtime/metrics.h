#pragma once
// The control plane's metrics: their names, and one place to count in from any thread. Knows no
// kind. A scrape reads registry() through telemetry::Exposition.

#include <chrono>
#include <mutex>
#include <string_view>

#include "kube/caller.h"
#include "runtime/work_queue.h"
#include "telemetry/registry.h"

namespace penstock::runtime {

enum class PassOutcome { kDone, kRequeued, kFailed, kDeferred };

class Metrics {
 public:
  void pass(std::string_view controller, PassOutcome outcome, std::chrono::nanoseconds waited,
            std::chrono::nanoseconds worked);
  void queue(std::string_view controller, const QueueNumbers& numbers);
  void api_call(const kube::CallRecord& call);
  void informer(std::string_view resource, bool synced, std::uint64_t lists,
                std::uint64_t failures);
  void leading(bool leads);

  [[nodiscard]] const telemetry::Registry& registry() const noexcept { return registry_; }

 private:
  std::mutex mutex_;  // cells have one writer: whoever holds this
  telemetry::Registry registry_;
};

}  // namespace penstock::runtime
