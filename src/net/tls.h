#pragma once
// TLS on top of any ByteStream, server and client side. Knows OpenSSL (in its .cpp); not sockets,
// not HTTP.
//
// Contexts are built once from PEM, are immutable and may be shared by all loops.

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/byte_stream.h"
#include "net/loop.h"
#include "net/task.h"

namespace penstock::net {

enum class TlsVersion : std::uint8_t { kTls12, kTls13 };

class TlsServerContext {
 public:
  /// `certificate_pem`: leaf first, then its chain. Error kInvalid says what OpenSSL said.
  [[nodiscard]] static Result<std::shared_ptr<const TlsServerContext>> create(
      std::string_view certificate_pem, std::string_view private_key_pem, TlsVersion minimum);
  ~TlsServerContext();
  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  TlsServerContext();
  std::unique_ptr<Impl> impl_;
};

class TlsClientContext {
 public:
  /// Verifies servers against `ca_pem`, or against the system's roots when it is empty.
  [[nodiscard]] static Result<std::shared_ptr<const TlsClientContext>> create(
      std::string_view ca_pem, TlsVersion minimum);
  ~TlsClientContext();
  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  TlsClientContext();
  std::unique_ptr<Impl> impl_;
};

/// Server side of a handshake on `inner`. Null when it fails or takes longer than `limit`.
[[nodiscard]] Task<std::unique_ptr<ByteStream>> accept_tls(
    Loop& loop, std::unique_ptr<ByteStream> inner, std::shared_ptr<const TlsServerContext> context,
    std::chrono::milliseconds limit);

/// Client side: sends `server_name` as SNI (when it is a name) and requires the certificate to be
/// for it. The error is for people. Closing `inner` from outside (deadline, abort) ends it.
[[nodiscard]] Task<std::expected<std::unique_ptr<ByteStream>, std::string>> connect_tls(
    std::unique_ptr<ByteStream> inner, std::shared_ptr<const TlsClientContext> context,
    std::string server_name);

}  // namespace penstock::net
