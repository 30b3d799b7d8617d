#pragma once
// Bytes in, bytes out: what a connection needs from TCP, TLS or a test's memory, and nothing else.
// Knows no protocol. The seam at which tests stand (memory_stream.h).
//
// Thread: the loop that the stream was made on. At most one read and one write are outstanding.
// Lifetime: an outstanding operation's IoOp must stay; close() makes it complete soon, with
// kCancelled.

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace penstock::net {

enum class IoStatus : std::uint8_t {
  kOk,
  kEof,        ///< the peer has finished sending
  kReset,      ///< the peer has dropped the connection
  kTimeout,    ///< one of our deadlines has passed
  kCancelled,  ///< we closed it
  kRefused,    ///< nobody listens there, or no way there
  kTls,        ///< handshake or certificate
  kFailed,     ///< anything else
};

[[nodiscard]] std::string_view to_string(IoStatus status) noexcept;

struct IoResult {
  IoStatus status = IoStatus::kOk;
  std::size_t bytes = 0;
};

/// Completion of one operation. complete() is called from the loop, never from inside start_*().
class IoOp {
 public:
  virtual void complete(IoResult result) = 0;

 protected:
  ~IoOp() = default;
};

/// For last words whose fate nobody waits for. Lives for ever.
[[nodiscard]] IoOp& ignored_op() noexcept;

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Reads at least one byte into `into` (not empty). A value: done, `op` stays untouched. Else
  /// op.complete() later.
  [[nodiscard]] virtual std::optional<IoResult> start_read(std::span<char> into, IoOp& op) = 0;

  /// Writes all of the buffers in order; the array of views is copied, the bytes are not and must
  /// stay.
  [[nodiscard]] virtual std::optional<IoResult> start_write(
      std::span<const std::string_view> buffers, IoOp& op) = 0;

  /// Says that we will send no more. Reading goes on.
  virtual void shutdown_write() = 0;

  /// Closes at once. Idempotent.
  virtual void close() = 0;
};

/// Buffers per gather write that every stream must accept.
inline constexpr std::size_t kMaxGather = 8;

namespace detail {

class StreamAwaiter : public IoOp {
 public:
  void complete(IoResult result) override {
    result_ = result;
    awaiting_.resume();
  }
  [[nodiscard]] IoResult await_resume() const noexcept { return result_; }

 protected:
  explicit StreamAwaiter(ByteStream& stream) : stream_(stream) {}
  ~StreamAwaiter() = default;
  ByteStream& stream_;
  IoResult result_;
  std::coroutine_handle<> awaiting_;
};

class ReadAwaiter final : public StreamAwaiter {
 public:
  ReadAwaiter(ByteStream& stream, std::span<char> into) : StreamAwaiter(stream), into_(into) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    const auto done = stream_.start_read(into_, *this);
    if (done) {
      result_ = *done;
    }
    return !done;
  }

 private:
  std::span<char> into_;
};

class WriteAwaiter final : public StreamAwaiter {
 public:
  WriteAwaiter(ByteStream& stream, std::span<const std::string_view> buffers)
      : StreamAwaiter(stream), buffers_(buffers) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    const auto done = stream_.start_write(buffers_, *this);
    if (done) {
      result_ = *done;
    }
    return !done;
  }

 private:
  std::span<const std::string_view> buffers_;
};

}  // namespace detail

/// `const IoResult got = co_await read_some(stream, buffer);`
[[nodiscard]] inline detail::ReadAwaiter read_some(ByteStream& stream, std::span<char> into) {
  return {stream, into};
}
/// `const IoResult sent = co_await write_all(stream, buffers);` The array must live until it
/// returns.
[[nodiscard]] inline detail::WriteAwaiter write_all(ByteStream& stream,
                                                    std::span<const std::string_view> buffers) {
  return {stream, buffers};
}

}  // namespace penstock::net
