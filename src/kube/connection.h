#pragma once
// Everything between a ClusterConfig and a Client, owned together: TLS files, token, sockets,
// caller. Make two where one load must not slow another: leases get a connection of their own.

#include <memory>

#include "base/result.h"
#include "base/wait.h"
#include "kube/caller.h"
#include "kube/client.h"
#include "kube/cluster_config.h"
#include "kube/credentials.h"
#include "kube/http_transport.h"

namespace penstock::kube {

struct ConnectionOptions {
  CallerOptions caller{};
  HttpTransportOptions transport{};
  std::chrono::milliseconds deadline{30'000};  ///< of one request
};

class Connection {
 public:
  /// Opens no socket yet. Errors: kInvalid for a URL that cannot be used.
  static Result<std::unique_ptr<Connection>> make(const ClusterConfig& config,
                                                  ConnectionOptions options = {},
                                                  const Waiter& waiter = system_waiter());

  [[nodiscard]] Client& client() { return client_; }
  [[nodiscard]] Caller& caller() { return caller_; }

 private:
  Connection(std::unique_ptr<TlsSource> tls, std::unique_ptr<Transport> transport,
             const ClusterConfig& config, ConnectionOptions options, const Waiter& waiter);

  std::unique_ptr<TlsSource> tls_;
  std::unique_ptr<Transport> transport_;
  TokenSource tokens_;
  Caller caller_;
  Client client_;
};

}  // namespace penstock::kube
