#include "net/tls_context.h"

#include <array>
#include <utility>

#include <openssl/pem.h>
#include <openssl/x509.h>

namespace penstock::net {
namespace {

struct BioDelete {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct X509Delete {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyDelete {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, BioDelete>;
using X509Ptr = std::unique_ptr<X509, X509Delete>;
using KeyPtr = std::unique_ptr<EVP_PKEY, KeyDelete>;

BioPtr memory_bio(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// A private key that asks for a pass phrase must fail, not read from the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
  return 0;
}

int protocol(TlsVersion version) {
  return version == TlsVersion::kTls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
}

Result<SslContextPtr> base_context(const SSL_METHOD* method, TlsVersion minimum) {
  SslContextPtr context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), protocol(minimum)) != 1) {
    return fail(Code::kInternal, "cannot set up TLS: " + take_ssl_error());
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

constexpr std::array<unsigned char, 9> kAlpnHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int choose_alpn(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length,
                const unsigned char* in, unsigned int in_length, void* /*data*/) {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_length, kAlpnHttp11.data(),
                                          kAlpnHttp11.size(), in, in_length);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

std::string take_ssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) {
    return "no further reason given";
  }
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

TlsServerContext::TlsServerContext() : impl_(std::make_unique<Impl>()) {}
TlsServerContext::~TlsServerContext() = default;
TlsClientContext::TlsClientContext() : impl_(std::make_unique<Impl>()) {}
TlsClientContext::~TlsClientContext() = default;

Result<std::shared_ptr<const TlsServerContext>> TlsServerContext::create(
    std::string_view certificate_pem, std::string_view private_key_pem, TlsVersion minimum) {
  PENSTOCK_TRY(context, base_context(TLS_server_method(), minimum));
  const BioPtr certificates = memory_bio(certificate_pem);
  const X509Ptr leaf(PEM_read_bio_X509(certificates.get(), nullptr, no_password, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context.get(), leaf.get()) != 1) {
    return fail(Code::kInvalid,
                "the TLS certificate is not a PEM certificate: " + take_ssl_error());
  }
  while (X509* link = PEM_read_bio_X509(certificates.get(), nullptr, no_password, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context.get(), link) != 1) {
      X509_free(link);
      return fail(Code::kInvalid, "the TLS certificate's chain is refused: " + take_ssl_error());
    }
  }
  ERR_clear_error();  // the loop ends with "no start line"
  const BioPtr key_text = memory_bio(private_key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_password, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    return fail(Code::kInvalid,
                "the TLS private key is not an unencrypted PEM key for the certificate: " +
                    take_ssl_error());
  }
  SSL_CTX_set_alpn_select_cb(context.get(), choose_alpn, nullptr);
  std::shared_ptr<TlsServerContext> made(new TlsServerContext());
  made->impl_->context = std::move(context);
  return made;
}

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::create(std::string_view ca_pem,
                                                                         TlsVersion minimum) {
  PENSTOCK_TRY(context, base_context(TLS_client_method(), minimum));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (ca_pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
      return fail(Code::kUnavailable,
                  "cannot read the system's trusted certificates: " + take_ssl_error());
    }
  } else {
    const BioPtr text = memory_bio(ca_pem);
    std::size_t count = 0;
    for (;;) {
      const X509Ptr authority(PEM_read_bio_X509(text.get(), nullptr, no_password, nullptr));
      if (!authority) {
        break;
      }
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.get());
      ++count;
    }
    ERR_clear_error();
    if (count == 0) {
      return fail(Code::kInvalid, "the CA bundle holds no PEM certificate");
    }
  }
  SSL_CTX_set_alpn_protos(context.get(), kAlpnHttp11.data(), kAlpnHttp11.size());
  std::shared_ptr<TlsClientContext> made(new TlsClientContext());
  made->impl_->context = std::move(context);
  return made;
}

}  // namespace penstock::net
