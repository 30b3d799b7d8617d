#pragma once
// A TCP connection as a ByteStream. Knows sockets; not HTTP, not TLS. For the files of this folder.
//
// One system call per piece of data: a write tries the socket at once and is done when the kernel
// takes it all; a read waits for the poller's word before it asks, and a read that did not fill its
// buffer has emptied the socket.

#include <array>
#include <memory>

#include "net/byte_stream.h"
#include "net/poller.h"
#include "net/socket.h"

namespace penstock::net {

class TcpStream final : public ByteStream, private Watch, private Deferred {
 public:
  /// Takes over a non-blocking socket, connected or not, and sets TCP_NODELAY.
  TcpStream(Loop& loop, Descriptor socket);
  ~TcpStream() override;

  /// Starts connecting; op.complete() tells, later. Once, before anything else.
  void start_connect(const Address& address, IoOp& op);

  std::optional<IoResult> start_read(std::span<char> into, IoOp& op) override;
  std::optional<IoResult> start_write(std::span<const std::string_view> buffers, IoOp& op) override;
  void shutdown_write() override;
  void close() override;

 private:
  void ready(std::uint32_t events) override;
  void run() override;
  void read_now();
  void write_now();
  void connected();
  /// Sends what the kernel takes now; kOk with pending_ empty means all.
  [[nodiscard]] IoStatus push();

  std::shared_ptr<Loop::Impl> poller_;
  Descriptor socket_;
  bool readable_ = false;    ///< a read may find something
  bool peer_ended_ = false;  ///< the poller has said so: read on until the end is read
  std::span<char> into_;
  IoOp* read_op_ = nullptr;
  IoOp* write_op_ = nullptr;
  IoOp* connect_op_ = nullptr;
  int connect_error_ = 0;  ///< of connect() itself
  std::array<std::string_view, kMaxGather> buffers_;
  std::span<std::string_view> pending_;
  bool* destroyed_ = nullptr;  ///< set by the destructor, for ready()
};

}  // namespace penstock::net
