#pragma once
// A ByteStream that encrypts what another ByteStream carries; OpenSSL works on memory, never on
// sockets. For the files of this folder.

#include <memory>
#include <string>

#include "net/byte_stream.h"
#include "net/tls_context.h"

namespace penstock::net {

class TlsStream final : public ByteStream {
 public:
  /// `ssl` has no BIOs yet and its role (accept or connect) is set.
  TlsStream(std::unique_ptr<ByteStream> inner, SslPtr ssl);
  ~TlsStream() override;

  /// Awaited once, before anything else. Empty text = done.
  [[nodiscard]] Task<std::string> handshake();

  std::optional<IoResult> start_read(std::span<char> into, IoOp& op) override;
  std::optional<IoResult> start_write(std::span<const std::string_view> buffers, IoOp& op) override;
  void shutdown_write() override;
  void close() override;

 private:
  /// One step of the reading side has ended: first a flush of what OpenSSL wants said, then the
  /// read.
  struct ReadStep final : IoOp {
    explicit ReadStep(TlsStream& stream) : owner(stream) {}
    void complete(IoResult result) override { owner.read_step(result); }
    TlsStream& owner;
  };
  struct WriteStep final : IoOp {
    explicit WriteStep(TlsStream& stream) : owner(stream) {}
    void complete(IoResult result) override { owner.write_step(result); }
    TlsStream& owner;
  };

  [[nodiscard]] std::optional<IoResult> advance_read();
  [[nodiscard]] std::optional<IoResult> advance_write();
  void read_step(IoResult result);
  void write_step(IoResult result);
  /// Moves what OpenSSL wants to send into out_; false when there is nothing.
  bool take_output();
  [[nodiscard]] bool encrypt(std::string_view text);

  std::unique_ptr<ByteStream> inner_;
  SslPtr ssl_;
  BIO* network_in_;   // owned by ssl_
  BIO* network_out_;  // owned by ssl_
  ReadStep read_step_{*this};
  WriteStep write_step_{*this};
  std::span<char> into_;
  IoOp* read_op_ = nullptr;
  IoOp* write_op_ = nullptr;
  bool flushing_ = false;  ///< the reading side has a write outstanding
  bool established_ = false;
  bool closed_ = false;
  std::unique_ptr<char[]> in_;
  std::string joined_;
  std::string out_;
  std::string_view out_view_;
};

}  // namespace penstock::net
