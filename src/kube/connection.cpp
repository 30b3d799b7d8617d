#include "kube/connection.h"

namespace penstock::kube {

Result<std::unique_ptr<Connection>> Connection::make(const ClusterConfig& config,
                                                     ConnectionOptions options,
                                                     const Waiter& waiter) {
  auto tls = std::make_unique<TlsSource>(config, waiter);
  PENSTOCK_TRY(transport, make_http_transport(config, *tls, options.transport));
  return std::unique_ptr<Connection>(
      new Connection(std::move(tls), std::move(transport), config, std::move(options), waiter));
}

Connection::Connection(std::unique_ptr<TlsSource> tls, std::unique_ptr<Transport> transport,
                       const ClusterConfig& config, ConnectionOptions options, const Waiter& waiter)
    : tls_(std::move(tls)),
      transport_(std::move(transport)),
      tokens_(config, waiter),
      caller_(*transport_, tokens_, waiter, std::move(options.caller)),
      client_(caller_, options.deadline) {}

}  // namespace penstock::kube
