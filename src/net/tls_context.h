#pragma once
// What the TLS files of this folder share: owners for OpenSSL objects and the reading of its error
// queue.

#include <memory>
#include <string>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/tls.h"

namespace penstock::net {

struct SslContextDelete {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SslDelete {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, SslContextDelete>;
using SslPtr = std::unique_ptr<SSL, SslDelete>;

struct TlsServerContext::Impl {
  SslContextPtr context;
};
struct TlsClientContext::Impl {
  SslContextPtr context;
};

/// Takes OpenSSL's latest error as text and empties its queue.
[[nodiscard]] std::string take_ssl_error();

}  // namespace penstock::net
