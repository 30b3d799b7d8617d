#pragma once
// An HTTP/1.1 server on one loop. Knows sockets and HTTP framing; what a request means is the
// Handler's. Run one per loop with the same address (SO_REUSEPORT): the kernel spreads the
// connections.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/byte_stream.h"
#include "net/event.h"
#include "net/exchange.h"
#include "net/loop.h"

namespace penstock::net {

class TlsServerContext;

struct ServerOptions {
  std::size_t max_header_bytes = 64U << 10U;
  std::uint64_t max_body_bytes = 32U << 20U;
  std::size_t max_connections = 65'536;  ///< more are closed as soon as accepted
  std::chrono::milliseconds header_timeout{
      15'000};  ///< from a head's first byte to its last; TLS handshake too
  std::chrono::milliseconds idle_timeout{75'000};   ///< keep-alive, between requests
  std::chrono::milliseconds body_timeout{60'000};   ///< without a byte of request body
  std::chrono::milliseconds write_timeout{60'000};  ///< without the client taking what we write
  std::shared_ptr<const TlsServerContext> tls = nullptr;  ///< null = plain
  /// Body of errors that the codec itself answers (400, 408, 413, 431, 501, 505); content-type
  /// application/json.
  std::string (*error_body)(int status, std::string_view message) = nullptr;
};

struct ServerStats {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_rejected = 0;
  std::uint64_t requests = 0;
  std::uint64_t bad_requests = 0;  ///< answered by the codec
};

/// A bound, listening socket that no loop serves yet; made before the loops run, so that errors
/// show at start.
class ListenSocket {
 public:
  /// Numeric address ("127.0.0.1", "::", "0.0.0.0"); port 0 picks one. `join`: one more socket on a
  /// port that this process listens on already (one per loop); otherwise the port must be free,
  /// also of others that would share it. kUnavailable says which address and why.
  [[nodiscard]] static Result<ListenSocket> open(std::string_view address, std::uint16_t port,
                                                 bool join = false);
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&& other) noexcept;
  ~ListenSocket();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int release();  ///< the descriptor, now the caller's

 private:
  ListenSocket(int descriptor, std::uint16_t port) : descriptor_(descriptor), port_(port) {}
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
};

class HttpServer {
 public:
  /// `handler` and `loop` must outlive the server; the server must outlive its connections: drain()
  /// first.
  HttpServer(Loop& loop, Handler& handler, ServerOptions options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Starts accepting. May be called for several sockets. On the loop's thread, or before it runs.
  void listen(ListenSocket socket);
  /// Serves one connection that somebody else accepted (tests).
  void serve(std::unique_ptr<ByteStream> stream, std::string peer_address = {});

  /// For new connections; running ones keep theirs.
  void set_options(ServerOptions options);

  /// Stops accepting, closes idle connections, sends "Connection: close" with the next answers and
  /// returns when all exchanges have ended; those that have not after `limit` are cut. Afterwards
  /// the server may go.
  [[nodiscard]] Task<void> drain(std::chrono::milliseconds limit);

  [[nodiscard]] std::size_t connections() const;
  [[nodiscard]] std::size_t active_exchanges() const;
  [[nodiscard]] const ServerStats& stats() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::net
