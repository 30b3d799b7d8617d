#pragma once
// A TCP connection as a ByteStream. Knows sockets; not HTTP, not TLS. For the files of this folder:
// it includes Asio.
//
// A write tries the socket first and is done without a trip through the loop when the kernel takes
// it all, which is the usual case: one system call, no allocation.

#include <array>
#include <memory>

#include "net/asio_loop.h"
#include "net/byte_stream.h"

namespace penstock::net {

class TcpStream final : public ByteStream {
 public:
  /// Takes over a connected socket and sets TCP_NODELAY.
  explicit TcpStream(Socket socket);
  ~TcpStream() override;

  std::optional<IoResult> start_read(std::span<char> into, IoOp& op) override;
  std::optional<IoResult> start_write(std::span<const std::string_view> buffers, IoOp& op) override;
  void shutdown_write() override;
  void close() override;

 private:
  struct ReadHandler;
  struct WriteHandler;
  void write_rest();
  void written();
  /// Sends what the kernel takes now; kOk with pending_ empty means all.
  IoStatus push();

  Socket socket_;
  bool open_ = true;
  std::array<std::string_view, kMaxGather> buffers_;
  std::span<std::string_view> pending_;
  IoOp* write_op_ = nullptr;
  std::shared_ptr<TcpStream*>
      self_;  ///< for handlers that may outlive us; made by the first write that must wait
};

/// Maps an operating system error to what the layers above act on.
[[nodiscard]] IoStatus to_status(const boost::system::error_code& error);

}  // namespace penstock::net
