#pragma once
// A process of its own that answers as engines and gateways do: /metrics of every engine pod,
// /demand of every gateway pod, each on its own loopback address, over kept connections. Its CPU
// time is not that of who asks.

#include <cstdint>
#include <sys/types.h>

#include "filled_caches.h"

namespace penstock::bench {

struct Load {
  int deployments = 0;
  int busy_percent = 100;  ///< of the deployments: calls come and tokens are made
};

class SignalServer {
 public:
  /// Forks: before any thread is started.
  explicit SignalServer(const Load& load);
  ~SignalServer();
  SignalServer(const SignalServer&) = delete;
  SignalServer& operator=(const SignalServer&) = delete;

  [[nodiscard]] Addresses addresses() const { return {true, port_}; }

 private:
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace penstock::bench
