#pragma once
// Puts CA, client certificate and the name to verify into an OpenSSL context. The only file besides
// http_transport.cpp that knows OpenSSL here.

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "base/result.h"
#include "kube/credentials.h"

namespace penstock::kube {

struct TlsSetup {
  std::string name;  ///< DNS name or address that the server's certificate must carry
  bool name_is_address = false;
  bool verify = true;
};

/// TLS 1.2 or later; with a CA in `material` only that CA is trusted. Errors: kInvalid says which
/// PEM cannot be used.
[[nodiscard]] Result<> set_up_tls(SSL_CTX& context, const TlsMaterial& material,
                                  const TlsSetup& setup);

/// What OpenSSL reported on this thread, most telling part; cleared; "unknown" when there is none.
[[nodiscard]] std::string take_tls_error();

}  // namespace penstock::kube
