#pragma once
// OpenSSL's objects with owners, and PEM to and from them. For the files of this folder and of
// controller/configuration only; their headers do not show OpenSSL.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/result.h"
#include "base/secret.h"

namespace penstock::controller::authority {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;

/// Never null. Error kInvalid.
[[nodiscard]] Result<CertificatePtr> certificate_of(std::string_view pem);
[[nodiscard]] Result<KeyPtr> key_of(const Secret& pem);

/// Trusts exactly the certificates in the text. Error kInvalid when there is none.
[[nodiscard]] Result<StorePtr> store_of(std::string_view bundle);

[[nodiscard]] std::string pem_of(X509& certificate);
[[nodiscard]] Secret pem_of(EVP_PKEY& key);

/// What OpenSSL reported last on this thread; cleared.
[[nodiscard]] std::string take_openssl_error();

}  // namespace penstock::controller::authority
