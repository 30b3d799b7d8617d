#pragma once
// One request and its response, as a handler sees them. Knows HTTP semantics; not sockets, not
// routing.
//
//   Task<void> Hello::handle(Exchange& exchange) {
//     exchange.set_status(200);
//     exchange.add_header("content-type", "text/plain");
//     co_await exchange.send("hello\n");                       // Content-Length, one write
//   }
//
// A stream: set_status, add_header…, then `co_await write(chunk)` as often as you like (the head
// travels with the first), then `co_await finish()`. Without finish() the client sees a truncated
// answer: the connection is closed. A handler that returns without an answer gives a 500.
//
// Thread: the loop's. Lifetime: the exchange, its views and its signal live until the handler
// returns. Writes: one at a time. A status other than kOk means that the client has gone: give up.

#include <array>
#include <coroutine>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "net/byte_stream.h"
#include "net/cancel.h"
#include "net/http_head.h"
#include "net/loop.h"
#include "net/task.h"

namespace penstock::net {

class ServerConnection;

/// Awaitable that writes; not a coroutine, allocates nothing.
class ResponseWrite final : public IoOp {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiting);
  /// kOk: the kernel has it all.
  IoStatus await_resume() const noexcept { return status_; }
  void complete(IoResult result) override;

 private:
  friend class Exchange;
  ResponseWrite(ServerConnection& connection, std::span<const std::string_view> buffers);

  ServerConnection& connection_;
  std::span<const std::string_view> buffers_;
  IoStatus status_ = IoStatus::kOk;
  std::coroutine_handle<> awaiting_;
};

class Exchange {
 public:
  explicit Exchange(ServerConnection& connection) : connection_(connection) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  [[nodiscard]] const RequestHead& head() const;
  [[nodiscard]] std::string_view peer_address()
      const;  ///< numeric, without port; empty for memory streams
  [[nodiscard]] bool tls() const;
  [[nodiscard]] Loop& loop() const;

  /// Fires when the client closes or resets its connection while the handler is at work. A client
  /// that only half-closes (shutdown of its sending side) counts as gone, as for other proxies;
  /// what is written all the same is still sent if the socket takes it.
  [[nodiscard]] CancelSignal& disconnected();

  // ---- request body
  // -------------------------------------------------------------------------------

  /// Bytes; over it: kTooLarge. Default: ServerOptions::max_body_bytes. Before the first read.
  void set_body_limit(std::uint64_t bytes);
  /// The whole body, contiguous, with at least 64 readable bytes behind it (simdjson parses it in
  /// place). Answers "Expect: 100-continue" when needed. Errors: kTooLarge (413), kInvalid (bad
  /// chunk: 400), kTimeout (408), kCancelled (the client has gone).
  [[nodiscard]] Task<Result<std::string_view>> read_body();
  /// The next piece of the body, valid until the next call; empty at its end. Errors as above.
  [[nodiscard]] Task<Result<std::string_view>> read_body_some();

  // ---- response
  // -----------------------------------------------------------------------------------

  void set_status(int status);
  /// Not content-length, transfer-encoding, connection or date: those are the exchange's own.
  void add_header(std::string_view name, std::string_view value);
  void add_header(std::string_view name, std::uint64_t value);
  /// Drops status and headers set so far; only before anything was sent.
  void reset_response();

  /// The whole answer in one write. `body` may be empty. To a HEAD request: the head only.
  [[nodiscard]] ResponseWrite send(std::string_view body);
  /// A piece of a streamed answer: one chunk; the head goes along with the first. Empty: only the
  /// head.
  [[nodiscard]] ResponseWrite write(std::string_view piece) { return write_pieces({&piece, 1}); }
  /// Up to three pieces as one chunk.
  [[nodiscard]] ResponseWrite write_pieces(std::span<const std::string_view> pieces);
  /// Ends a streamed answer, with a last piece if not empty.
  [[nodiscard]] ResponseWrite finish(std::string_view last_piece = {});

  [[nodiscard]] bool head_sent() const;  ///< too late for another status
  [[nodiscard]] bool finished() const;
  /// Closes the connection after this exchange, with "Connection: close" if the head is not sent
  /// yet.
  void close_after();

 private:
  ServerConnection& connection_;
};

/// What a server does with requests. One object serves all connections of its loop.
class Handler {
 public:
  virtual ~Handler() = default;
  [[nodiscard]] virtual Task<void> handle(Exchange& exchange) = 0;
};

}  // namespace penstock::net
