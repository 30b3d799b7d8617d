#include "controller/authority/openssl_parts.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace penstock::controller::authority {
namespace {

using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;

BioPtr reader(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

/// Encrypted keys are refused instead of asked about on the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

/// OpenSSL decodes a certificate's extensions when they are first asked for. Handshakes on several
/// threads share these, so it is done while nobody else has them.
void decode_extensions(X509& certificate) {
  static_cast<void>(X509_get_extension_flags(&certificate));
}

}  // namespace

Result<CertificatePtr> certificate_of(std::string_view pem) {
  CertificatePtr out(PEM_read_bio_X509(reader(pem).get(), nullptr, no_password, nullptr));
  if (!out) {
    return fail(Code::kInvalid, "not a PEM certificate: " + take_openssl_error());
  }
  decode_extensions(*out);
  return out;
}

Result<KeyPtr> key_of(const Secret& pem) {
  KeyPtr out(PEM_read_bio_PrivateKey(reader(pem.reveal()).get(), nullptr, no_password, nullptr));
  if (!out) {
    return fail(Code::kInvalid, "not a PEM private key: " + take_openssl_error());
  }
  return out;
}

Result<StorePtr> store_of(std::string_view bundle) {
  StorePtr store(X509_STORE_new());
  const BioPtr bio = reader(bundle);
  int count = 0;
  while (const CertificatePtr one{PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)}) {
    decode_extensions(*one);
    count += X509_STORE_add_cert(store.get(), one.get());
  }
  ERR_clear_error();  // "no start line" ends every PEM text
  if (count == 0) {
    return fail(Code::kInvalid, "the bundle holds no PEM certificate");
  }
  return store;
}

std::string pem_of(X509& certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), &certificate);
  return text_of(bio.get());
}

Secret pem_of(EVP_PKEY& key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
  return Secret(text_of(bio.get()));
}

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown" : reason;
}

}  // namespace penstock::controller::authority
