#pragma once
// Requests over real sockets: keep-alive connections, TLS as the configuration says, deadlines and
// stops that take effect at once. Knows HTTP; knows nothing of Kubernetes objects. cpp-httplib and
// OpenSSL are named only in the .cpp files behind this header.
//
// Threads: any number may send; each call has a connection of its own, taken from a pool of idle
// ones. Deadlines and stops shut the socket down from a watchdog thread, so a read that waits for a
// frozen server ends too (name resolution alone is not covered).
//
// Verification: only the configured CA is trusted when one is given; the server's name or address
// must match. Making the first one sets SIGPIPE to be ignored, if nobody has set it. There is no
// way to a plain connection from an https URL.

#include <memory>
#include <string>

#include "base/result.h"
#include "kube/cluster_config.h"
#include "kube/credentials.h"
#include "kube/transport.h"

namespace penstock::kube {

struct HttpTransportOptions {
  std::chrono::milliseconds connect_timeout{10'000};  ///< TCP and TLS handshake each
  std::chrono::seconds idle_connection{60};           ///< unused for longer: closed, not reused
  std::size_t max_body = std::size_t{64} << 20U;      ///< larger answers end as kRefused
  std::size_t max_idle_connections = 25;
  std::string peer = "the API server";  ///< how messages call the other side
};

/// `tls` must outlive the transport. Error kInvalid: the server URL or the proxy URL is wrong.
[[nodiscard]] Result<std::unique_ptr<Transport>> make_http_transport(
    const ClusterConfig& config, TlsSource& tls, HttpTransportOptions options = {});

}  // namespace penstock::kube
