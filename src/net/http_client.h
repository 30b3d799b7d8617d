#pragma once
// HTTP/1.1 calls to upstreams over connections that are kept and reused, one pool per loop. Knows
// sockets and HTTP framing; retries, balancing and deadlines across attempts are the caller's.
//
//   ClientCall call(pool, origin);
//   call.set_timeout(2s);
//   if (const auto sent = co_await call.send(head, body); !sent) { … sent.error().fault … }
//   const auto answer = co_await call.read_head();              // Expected<const ResponseHead*>
//   for (;;) {
//     const auto piece = co_await call.read_body();             // view into the connection's
//     buffer if (!piece || piece->empty()) { break; }
//   }
//
// Thread: the loop's. A call that is destroyed after its body's end gives its connection back to
// the pool; otherwise the connection is closed, which tells the upstream to stop.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/body_decoder.h"
#include "net/byte_stream.h"
#include "net/call_error.h"
#include "net/http_head.h"
#include "net/loop.h"
#include "net/task.h"

namespace penstock::net {

class Connector;
class TlsClientContext;

/// Where connections go; equal keys share a pool.
struct OriginKey {
  std::string host;  ///< IP literal or DNS name
  std::uint16_t port = 0;
  bool tls = false;
  std::string sni = {};  ///< for TLS; empty = host

  friend bool operator==(const OriginKey&, const OriginKey&) = default;
};

struct PoolOptions {
  std::chrono::milliseconds connect_timeout{5'000};  ///< name, TCP and TLS together
  std::chrono::milliseconds idle_timeout{60'000};    ///< an unused connection is closed after it
  std::size_t max_idle_per_origin = 256;
  std::size_t max_head_bytes = 64U << 10U;
  std::chrono::milliseconds dns_ttl{5'000};
  std::shared_ptr<const TlsClientContext> tls =
      nullptr;  ///< null = system roots, made when first needed
};

struct PoolStats {
  std::uint64_t connects = 0;
  std::uint64_t connect_failures = 0;
  std::uint64_t reuses = 0;
  std::uint64_t stale = 0;
};

class ClientConnection;
struct Origin;

class ClientPool {
 public:
  explicit ClientPool(Loop& loop, PoolOptions options = {});
  /// All calls must have ended. Idle connections are closed.
  ~ClientPool();
  ClientPool(const ClientPool&) = delete;
  ClientPool& operator=(const ClientPool&) = delete;

  /// Finds or makes; the reference is good as long as the pool. Look it up once per endpoint, not
  /// per call.
  [[nodiscard]] Origin& origin(const OriginKey& key);

  /// Closes idle connections and returns when they are gone. Before the loop stops.
  [[nodiscard]] Task<void> close_idle();

  [[nodiscard]] std::size_t idle() const;
  [[nodiscard]] const PoolStats& stats() const;

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

class ClientCall {
 public:
  ClientCall(ClientPool& pool, Origin& origin);
  ~ClientCall();
  ClientCall(const ClientCall&) = delete;
  ClientCall& operator=(const ClientCall&) = delete;

  /// One deadline for what is awaited from now on, replacing the one before; zero = none. When it
  /// passes, the connection is closed and the await returns kTimeout.
  void set_timeout(std::chrono::milliseconds after);

  /// Takes a pooled connection or makes one, and writes. `head` is a complete request head
  /// (http_writer.h); method HEAD must be told, since its answers have no body. Both views must
  /// live until it returns.
  [[nodiscard]] Task<Expected<void>> send(std::string_view head, std::string_view body,
                                          bool method_is_head = false);
  /// Waits for the answer's head (1xx are skipped). Its views are valid until the first
  /// read_body().
  [[nodiscard]] Task<Expected<const ResponseHead*>> read_head();
  /// All body bytes at hand, out of their framing, as one view valid until the next call; empty at
  /// the end. Reads only when called: that is the back-pressure.
  [[nodiscard]] Task<Expected<std::string_view>> read_body();
  /// The rest of the body at once, contiguous, with 64 readable bytes behind it; valid as long as
  /// the call.
  [[nodiscard]] Task<Expected<std::string_view>> read_all(std::size_t limit);

  /// Closes the connection now; what is awaited returns kCancelled. Any time; idempotent.
  void abort();

  [[nodiscard]] bool reused() const {
    return reused_;
  }  ///< the connection had served a call before
  /// The whole answer has arrived: the view that read_body() gave last is the body's last.
  [[nodiscard]] bool complete() const { return have_head_ && body_.done(); }
  [[nodiscard]] bool aborted() const { return ended_by_ == CallFault::kCancelled; }

 private:
  void timed_out();
  void end(CallFault why);
  [[nodiscard]] CallError failure(IoStatus status, std::string_view doing) const;
  [[nodiscard]] Task<Expected<void>> connect();
  [[nodiscard]] Task<Expected<void>> more_input();

  ClientPool& pool_;
  Origin& origin_;
  std::unique_ptr<ClientConnection> connection_;
  Connector* connecting_ = nullptr;  ///< in send(), while there is no connection yet
  MemberTimer<&ClientCall::timed_out> timer_{*this};
  BodyDecoder body_;
  std::string whole_;
  std::size_t consumed_ = 0;  ///< bytes of the buffer that are done with at the next read
  bool reused_ = false;
  bool sent_ = false;
  bool answered_ = false;   ///< a byte of the answer has arrived
  bool have_head_ = false;  ///< the final head, not a 1xx
  bool to_head_ = false;
  bool grow_ = false;  ///< the last read filled the buffer
  bool ended_ = false;
  CallFault ended_by_ = CallFault::kReset;
};

}  // namespace penstock::net
