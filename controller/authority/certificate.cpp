#include "controller/authority/certificate.h"

#include <algorithm>
#include <ctime>

#include <openssl/bn.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/random.h"
#include "controller/authority/openssl_parts.h"

namespace penstock::controller::authority {
namespace {

using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;
using ContextPtr = std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>>;

std::time_t seconds_of(WallTime time) {
  return std::chrono::system_clock::to_time_t(time);
}

Error openssl_failed(const std::string& doing) {
  return {Code::kInternal, doing + ": " + take_openssl_error()};
}

Result<> extend(X509& certificate, X509& issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  const bool added = extension != nullptr && X509_add_ext(&certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  if (!added) {
    return fail(openssl_failed("cannot extend a certificate"));
  }
  return {};
}

/// 128 random bits, positive: nobody can guess it and no two are equal.
bool set_serial(X509& certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) {
    return false;
  }
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7fU) | 0x40U);
  BIGNUM* number = BN_bin2bn(bytes, sizeof bytes, nullptr);
  const bool set = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(&certificate)) != nullptr;
  BN_free(number);
  return set;
}

Result<CertificatePtr> unsigned_certificate(EVP_PKEY& key, const std::string& common_name,
                                            const Validity& validity) {
  CertificatePtr out(X509_new());
  constexpr long kVersion3 = 2;
  constexpr std::size_t kLongestCommonName = 64;
  const std::string name = common_name.substr(0, kLongestCommonName);
  const auto* bytes = reinterpret_cast<const unsigned char*>(name.data());
  const bool made =
      out && X509_set_version(out.get(), kVersion3) == 1 && set_serial(*out) &&
      ASN1_TIME_set(X509_getm_notBefore(out.get()), seconds_of(validity.from)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(out.get()), seconds_of(validity.until)) != nullptr &&
      X509_set_pubkey(out.get(), &key) == 1 &&
      (name.empty() ||
       X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_UTF8, bytes,
                                  static_cast<int>(name.size()), -1, 0) == 1);
  if (!made) {
    return fail(openssl_failed("cannot make a certificate"));
  }
  return out;
}

Result<> sign(X509& certificate, X509& issuer, EVP_PKEY& key) {
  if (X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer)) != 1 ||
      X509_sign(&certificate, &key, EVP_sha256()) == 0) {
    return fail(openssl_failed("cannot sign a certificate"));
  }
  return {};
}

bool push_text(GENERAL_NAMES& names, int type, const std::string& text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  const bool set = ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1;
  GENERAL_NAME_set0_value(name, type, value);
  return sk_GENERAL_NAME_push(&names, name) > 0 && set;
}

bool push_address(GENERAL_NAMES& names, const std::string& text) {
  ASN1_OCTET_STRING* value = a2i_IPADDRESS(text.c_str());
  if (value == nullptr) {
    return false;
  }
  GENERAL_NAME* name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, GEN_IPADD, value);
  return sk_GENERAL_NAME_push(&names, name) > 0;
}

/// By the API and not as configuration text, where a comma in a name would start another name.
Result<> name_subject(X509& certificate, const Leaf& leaf) {
  const NamesPtr names(GENERAL_NAMES_new());
  for (const auto& name : leaf.names) {
    push_text(*names, GEN_DNS, name);
  }
  for (const auto& uri : leaf.uris) {
    push_text(*names, GEN_URI, uri);
  }
  for (const auto& address : leaf.addresses) {
    if (!push_address(*names, address)) {
      return fail(Code::kInvalid, "\"" + address + "\" is not an IP address");
    }
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) {
    return {};
  }
  constexpr int kCritical = 0;
  if (X509_add1_ext_i2d(&certificate, NID_subject_alt_name, names.get(), kCritical,
                        X509V3_ADD_DEFAULT) != 1) {
    return fail(openssl_failed("cannot name a certificate's subject"));
  }
  return {};
}

WallTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

std::string bytes_of(const ASN1_STRING& text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&text)),
          static_cast<std::size_t>(ASN1_STRING_length(&text))};
}

/// An address as certificates hold it; text that is none stays as it is, and equals nothing.
std::string address_bytes(const std::string& text) {
  ASN1_OCTET_STRING* value = a2i_IPADDRESS(text.c_str());
  if (value == nullptr) {
    return text;
  }
  std::string out = bytes_of(*value);
  ASN1_OCTET_STRING_free(value);
  return out;
}

Result<> same(std::vector<std::string> found, std::vector<std::string> wanted,
              const std::string& what) {
  std::ranges::sort(found);
  std::ranges::sort(wanted);
  if (found != wanted) {
    return fail(Code::kInvalid, "the certificate has other " + what + " than wanted");
  }
  return {};
}

}  // namespace

Result<KeyPair> make_authority(const Validity& validity) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) {
    return fail(openssl_failed("cannot make a key"));
  }
  constexpr std::size_t kTagBytes = 4;  // tells authorities apart in messages
  PENSTOCK_TRY(certificate,
               unsigned_certificate(*key, "penstock authority " + secure_hex(kTagBytes), validity));
  PENSTOCK_CHECK_OK(
      extend(*certificate, *certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  PENSTOCK_CHECK_OK(
      extend(*certificate, *certificate, NID_key_usage, "critical,keyCertSign,cRLSign"));
  PENSTOCK_CHECK_OK(extend(*certificate, *certificate, NID_subject_key_identifier, "hash"));
  PENSTOCK_CHECK_OK(sign(*certificate, *certificate, *key));
  return KeyPair{pem_of(*certificate), pem_of(*key)};
}

Result<KeyPair> issue(const KeyPair& authority, const Leaf& leaf, const Validity& validity) {
  PENSTOCK_TRY(issuer, certificate_of(authority.certificate));
  PENSTOCK_TRY(issuer_key, key_of(authority.key));
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) {
    return fail(openssl_failed("cannot make a key"));
  }
  const Validity limited{std::max(validity.from, time_of(X509_get0_notBefore(issuer.get()))),
                         std::min(validity.until, time_of(X509_get0_notAfter(issuer.get())))};
  PENSTOCK_TRY(certificate, unsigned_certificate(*key, leaf.common_name, limited));
  PENSTOCK_CHECK_OK(extend(*certificate, *issuer, NID_basic_constraints, "critical,CA:FALSE"));
  PENSTOCK_CHECK_OK(extend(*certificate, *issuer, NID_key_usage, "critical,digitalSignature"));
  PENSTOCK_CHECK_OK(extend(*certificate, *issuer, NID_ext_key_usage,
                           leaf.use == Use::kServer ? "serverAuth" : "clientAuth"));
  PENSTOCK_CHECK_OK(extend(*certificate, *issuer, NID_authority_key_identifier, "keyid:always"));
  PENSTOCK_CHECK_OK(name_subject(*certificate, leaf));
  PENSTOCK_CHECK_OK(sign(*certificate, *issuer, *issuer_key));
  return KeyPair{pem_of(*certificate), pem_of(*key)};
}

Result<CertificateFacts> read_certificate(std::string_view pem) {
  PENSTOCK_TRY(certificate, certificate_of(pem));
  CertificateFacts out;
  out.validity = {time_of(X509_get0_notBefore(certificate.get())),
                  time_of(X509_get0_notAfter(certificate.get()))};
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    const auto& text = *static_cast<const ASN1_STRING*>(value);
    if (type == GEN_IPADD) {
      out.addresses.push_back(bytes_of(text));
    } else if (type == GEN_DNS) {
      out.names.push_back(bytes_of(text));
    } else if (type == GEN_URI) {
      out.uris.push_back(bytes_of(text));
    }
  }
  return out;
}

Result<> check_leaf(const KeyPair& pair, std::string_view bundle, const Leaf& leaf, WallTime now) {
  PENSTOCK_TRY(certificate, certificate_of(pair.certificate));
  PENSTOCK_TRY(key, key_of(pair.key));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return fail(Code::kInvalid, "the key is not that of the certificate: " + take_openssl_error());
  }
  PENSTOCK_TRY(facts, read_certificate(pair.certificate));
  PENSTOCK_CHECK_OK(same(facts.names, leaf.names, "DNS names"));
  PENSTOCK_CHECK_OK(same(facts.uris, leaf.uris, "URIs"));
  std::vector<std::string> addresses;
  std::ranges::transform(leaf.addresses, std::back_inserter(addresses), address_bytes);
  PENSTOCK_CHECK_OK(same(facts.addresses, std::move(addresses), "addresses"));
  PENSTOCK_TRY(store, store_of(bundle));
  const ContextPtr context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), nullptr);
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, seconds_of(now));
  X509_VERIFY_PARAM_set_purpose(
      param, leaf.use == Use::kServer ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
  if (X509_verify_cert(context.get()) != 1) {
    return fail(Code::kInvalid,
                X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  }
  return {};
}

}  // namespace penstock::controller::authority
