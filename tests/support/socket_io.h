#pragma once
// Blocking sockets on loopback with a deadline, for test clients and scripted servers. Plain POSIX
// on purpose: what tests the network code does not share it.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::testing {

class SocketIo {
 public:
  SocketIo() = default;
  explicit SocketIo(int descriptor) : descriptor_(descriptor) {}
  SocketIo(SocketIo&& other) noexcept;
  SocketIo& operator=(SocketIo&& other) noexcept;
  ~SocketIo();

  /// Throws std::runtime_error.
  [[nodiscard]] static SocketIo connect(std::uint16_t port);

  /// False: the peer has gone.
  bool send(std::string_view bytes);

  enum class Got { kBytes, kEnd, kReset, kTimeout };
  /// Appends what has arrived to `buffer`; waits up to `limit` for at least one byte.
  Got receive(std::string& buffer, std::chrono::milliseconds limit);

  /// True when the peer closes or resets within `limit`; what it sends meanwhile is thrown away.
  bool peer_leaves(std::chrono::milliseconds limit);

  void close();
  void reset();  ///< RST instead of FIN
  void finish_sending();
  [[nodiscard]] bool open() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

/// A listening socket on 127.0.0.1 and a port of the system's choice.
class LoopbackListener {
 public:
  LoopbackListener();
  ~LoopbackListener();
  LoopbackListener(const LoopbackListener&) = delete;
  LoopbackListener& operator=(const LoopbackListener&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Not open after shut_down().
  [[nodiscard]] SocketIo accept();
  void shut_down();

 private:
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace penstock::testing
