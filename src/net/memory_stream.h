#pragma once
// A ByteStream in memory, with the other end in a test's hands: every send() is one read's worth,
// so bytes can be split anywhere. Knows no sockets.

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "net/byte_stream.h"
#include "net/loop.h"

namespace penstock::net {

/// The test's end. Outlives the stream as long as somebody holds it.
class MemoryPeer {
 public:
  /// One piece, read by one read (or several, if the reader's buffer is smaller).
  void send(std::string_view piece);
  /// Each byte in a piece of its own.
  void send_bytewise(std::string_view text);
  void finish();  ///< end of file after what was sent
  void reset();   ///< connection reset after what was sent

  /// What the stream's owner has written so far.
  [[nodiscard]] const std::string& received() const { return received_; }
  /// How many writes brought it.
  [[nodiscard]] std::size_t writes() const { return writes_; }
  [[nodiscard]] std::string take_received();
  [[nodiscard]] bool closed() const { return closed_; }            ///< by the stream's owner
  [[nodiscard]] bool write_ended() const { return write_ended_; }  ///< shutdown_write() or close()

  void stop_taking();   ///< writes wait from now on
  void start_taking();  ///< and go on

 private:
  friend class MemoryStream;
  explicit MemoryPeer(Loop& loop) : loop_(loop) {}
  void deliver();
  [[nodiscard]] std::optional<IoResult> try_read(std::span<char> into);

  Loop& loop_;
  std::deque<std::string> pieces_;
  IoStatus end_ = IoStatus::kOk;
  std::string received_;
  std::string held_;
  std::size_t writes_ = 0;
  bool taking_ = true;
  bool closed_ = false;
  bool write_ended_ = false;
  std::span<char> into_;
  IoOp* read_op_ = nullptr;
  IoOp* write_op_ = nullptr;
  std::weak_ptr<MemoryPeer> self_;
};

class MemoryStream final : public ByteStream {
 public:
  struct Pair {
    std::unique_ptr<ByteStream> stream;
    std::shared_ptr<MemoryPeer> peer;
  };
  [[nodiscard]] static Pair make(Loop& loop);
  ~MemoryStream() override { close(); }

  std::optional<IoResult> start_read(std::span<char> into, IoOp& op) override;
  std::optional<IoResult> start_write(std::span<const std::string_view> buffers, IoOp& op) override;
  void shutdown_write() override;
  void close() override;

 private:
  explicit MemoryStream(std::shared_ptr<MemoryPeer> peer) : peer_(std::move(peer)) {}
  std::shared_ptr<MemoryPeer> peer_;
};

}  // namespace penstock::net
