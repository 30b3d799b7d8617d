#pragma once
// Offers gateways their configurations over mutual TLS, and takes what they report. Knows HTTP and
// who is who; compiles nothing and stores nothing.
//
//   GET  /v1/snapshots   a body that does not end: frames (gateway/snapshot/frame.h), the newest
//                        configuration first, then each newer one at once, a heartbeat in between
//   POST /v1/demand      a JSON body of up to 1 MiB, handed to the sink
//
// The certificate decides which gateway's configuration is read; there is no way to ask for another
// one. A slow reader holds its own thread and gets the newest next, never those in between.
// Blocking threads, one a connection, within limits: docs/adr/0004. The process must ignore
// SIGPIPE.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/wait.h"
#include "controller/authority/certificate.h"
#include "controller/authority/gateway_identity.h"
#include "controller/configuration/publications.h"

namespace penstock::controller::configuration {

/// Takes the body of a demand report. The error's code becomes the status (kUnavailable: 503, and
/// the gateway asks another replica).
using DemandSink =
    std::function<Result<>(const authority::GatewayIdentity& from, std::string body)>;

inline constexpr std::size_t kLongestDemand = std::size_t{1} << 20U;

struct ServerOptions {
  std::string host = "0.0.0.0";
  int port = 0;  ///< 0 picks one
  std::chrono::milliseconds heartbeat{10'000};
  std::chrono::milliseconds stall{10'000};  ///< a reader that takes nothing for so long is cut
  std::size_t most_streams = 512;
  std::size_t most_streams_of_one = 256;  ///< gateway
};

class Server {
 public:
  /// Listens when it returns. `publications` and `waiter` must outlive it. Error kUnavailable: the
  /// address cannot be had.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerOptions& options,
                                                             const Publications& publications,
                                                             DemandSink sink, const Waiter& waiter);
  ~Server();  ///< cuts all connections
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// What new connections are met with; before the first call none succeeds. When `bundle` has lost
  /// an authority, connections are cut: who has a certificate that is still good comes again. One
  /// thread.
  [[nodiscard]] Result<> use(const authority::KeyPair& identity, std::string_view bundle);

  [[nodiscard]] int port() const noexcept;
  [[nodiscard]] std::size_t streams() const;  ///< open now

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace penstock::controller::configuration
