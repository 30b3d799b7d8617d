#pragma once
// An API server that holds one Lease, with real optimistic concurrency, and fails on demand.

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "kube/transport.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::test {

class LeaseServer final : public kube::Transport {
 public:
  Answer send(const kube::HttpRequest& request, const kube::BodySink& sink,
              std::stop_token stop) override;

  /// Called with every request, before it is served; its number starts at 1.
  std::function<void(int)> on_request;
  std::atomic<bool> reachable{true};
  std::atomic<bool> lose_next_answer{false};  ///< the write is done, the answer is not seen

  /// "GET", "PUT", … in order.
  [[nodiscard]] std::vector<std::string> methods() const;
  /// JSON text of the lease's spec; empty without a lease.
  [[nodiscard]] std::string spec() const;

 private:
  Answer serve(const kube::HttpRequest& request);

  mutable std::mutex mutex_;
  std::vector<std::string> methods_;
  std::string lease_;
  int version_ = 0;
};

}  // namespace penstock::test
