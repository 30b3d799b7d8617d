#pragma once
// What the scaling benchmarks run on: caches filled through the real informers, by a scripted API
// server, with ModelDeployments of two engine pods each, a route to each, and gateway pods.

#include <memory>
#include <string>
#include <thread>

#include "controller/autoscaler/autoscaler.h"
#include "kube/caller.h"
#include "kube/client.h"
#include "runtime/manager.h"
#include "tests/support/kube/scripted_server.h"

namespace penstock::bench {

inline constexpr int kPodsEach = 2;
inline constexpr int kGateways = 4;

[[nodiscard]] std::string name_of(int deployment);
[[nodiscard]] std::string uid_of(int deployment, int pod);

/// Where pods listen.
struct Addresses {
  bool given = false;  ///< else pods have none and nothing is fetched
  std::uint16_t port = 0;

  /// Of the n-th pod, engines first: loopback has 127.0.0.0/8.
  [[nodiscard]] std::string of(int pod) const;
};

/// Filled when the constructor returns.
class FilledCaches {
 public:
  FilledCaches(int deployments, Addresses addresses);
  ~FilledCaches();

  [[nodiscard]] const controller::cache::Caches& caches() const { return caches_; }
  [[nodiscard]] controller::autoscaler::Publisher& publisher() { return publisher_; }

 private:
  test::ScriptedServer server_;
  kube::TokenSource tokens_;
  kube::Caller caller_;
  kube::Client client_;
  runtime::Metrics runtime_metrics_;
  runtime::Manager manager_;
  controller::cache::Caches caches_;
  std::jthread running_;
  kube::Applier applier_;
  kube::WriteTracker writes_;
  kube::EventRecorder events_;
  controller::autoscaler::Publisher publisher_;
};

}  // namespace penstock::bench
