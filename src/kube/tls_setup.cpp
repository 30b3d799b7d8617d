#include "kube/tls_setup.h"

#include <string_view>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace penstock::kube {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Store = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;

Bio reader(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Certificate next_certificate(BIO* bio) {
  return Certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
}

Result<> trust(SSL_CTX& context, std::string_view ca) {
  if (ca.empty()) {
    SSL_CTX_set_default_verify_paths(&context);
    return {};
  }
  const Store store(X509_STORE_new());
  const Bio bio = reader(ca);
  int count = 0;
  while (const Certificate certificate = next_certificate(bio.get())) {
    X509_STORE_add_cert(store.get(), certificate.get());
    ++count;
  }
  ERR_clear_error();  // "no start line" ends every PEM file
  if (count == 0) {
    return fail(Code::kInvalid, "certificate-authority holds no PEM certificate");
  }
  SSL_CTX_set1_cert_store(&context, store.get());
  return {};
}

Result<> identify(SSL_CTX& context, const TlsMaterial& material) {
  if (material.certificate.empty()) {
    return {};
  }
  const Bio bio = reader(material.certificate);
  const Certificate leaf = next_certificate(bio.get());
  if (!leaf || SSL_CTX_use_certificate(&context, leaf.get()) != 1) {
    return fail(Code::kInvalid, "client-certificate is not a PEM certificate: " + take_tls_error());
  }
  while (Certificate issuer = next_certificate(bio.get())) {
    SSL_CTX_add_extra_chain_cert(&context, issuer.release());  // owned by the context from here
  }
  ERR_clear_error();
  const Bio key_bio = reader(material.key.reveal());
  const Key key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(&context, key.get()) != 1) {
    return fail(Code::kInvalid,
                "client-key is not the PEM key of client-certificate (encrypted "
                "keys are not supported): " +
                    take_tls_error());
  }
  return {};
}

}  // namespace

Result<> set_up_tls(SSL_CTX& context, const TlsMaterial& material, const TlsSetup& setup) {
  SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
  // A peer that vanishes without close_notify must look like an error, never like a clean end.
  SSL_CTX_clear_options(&context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (setup.verify) {
    PENSTOCK_CHECK_OK(trust(context, material.ca));
    X509_VERIFY_PARAM* check = SSL_CTX_get0_param(&context);
    X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int set = setup.name_is_address
                        ? X509_VERIFY_PARAM_set1_ip_asc(check, setup.name.c_str())
                        : X509_VERIFY_PARAM_set1_host(check, setup.name.c_str(), 0);
    if (set != 1) {
      return fail(Code::kInvalid, "\"" + setup.name + "\" cannot be verified as a server name");
    }
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
  }
  return identify(context, material);
}

std::string take_tls_error() {
  // The queue holds low-level causes ("EVP lib"), then what they mean for TLS, then consequences.
  unsigned long best = 0;
  while (const unsigned long code = ERR_get_error()) {
    const bool tls =
        ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) != SSL_R_SHUTDOWN_WHILE_IN_INIT;
    if (best == 0 || (tls && ERR_GET_LIB(best) != ERR_LIB_SSL)) {
      best = code;
    }
  }
  const char* reason = best == 0 ? nullptr : ERR_reason_error_string(best);
  return reason == nullptr ? "unknown" : reason;
}

}  // namespace penstock::kube
