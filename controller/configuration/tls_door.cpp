#include "controller/configuration/tls_door.h"

#include <openssl/x509v3.h>

#include "controller/authority/openssl_parts.h"

namespace penstock::controller::configuration {
namespace {

using ContextPtr = std::unique_ptr<X509_STORE_CTX, authority::Freer<X509_STORE_CTX_free>>;

}  // namespace

struct TlsDoor::Material {
  authority::CertificatePtr certificate;
  authority::KeyPtr key;
  authority::StorePtr trusted;
};

Result<> TlsDoor::use(const authority::KeyPair& identity, std::string_view bundle) {
  PENSTOCK_TRY(certificate, authority::certificate_of(identity.certificate));
  PENSTOCK_TRY(key, authority::key_of(identity.key));
  PENSTOCK_TRY(trusted, authority::store_of(bundle));
  auto next = std::make_shared<const Material>(
      Material{std::move(certificate), std::move(key), std::move(trusted)});
  const std::lock_guard lock(mutex_);
  material_ = std::move(next);
  return {};
}

bool TlsDoor::set_up(SSL_CTX& context) {
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
  SSL_CTX_set_cert_cb(&context, &TlsDoor::choose, this);
  return SSL_CTX_set_num_tickets(&context, 0) == 1 &&
         SSL_CTX_set_min_proto_version(&context, TLS1_3_VERSION) == 1;
}

int TlsDoor::choose(SSL* connection, void* door) {
  return static_cast<const TlsDoor*>(door)->offer(*connection) ? 1 : 0;
}

std::shared_ptr<const TlsDoor::Material> TlsDoor::current() const {
  const std::lock_guard lock(mutex_);
  return material_;
}

bool TlsDoor::trusts(const SSL* connection) const {
  const auto material = current();
  const authority::CertificatePtr certificate(SSL_get1_peer_certificate(connection));
  const ContextPtr context(X509_STORE_CTX_new());
  return material != nullptr && certificate != nullptr &&
         X509_STORE_CTX_init(context.get(), material->trusted.get(), certificate.get(), nullptr) ==
             1 &&
         X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT) == 1 &&
         X509_verify_cert(context.get()) == 1;
}

bool TlsDoor::offer(SSL& connection) const {
  const auto material = current();
  return material != nullptr &&
         SSL_use_certificate(&connection, material->certificate.get()) == 1 &&
         SSL_use_PrivateKey(&connection, material->key.get()) == 1 &&
         SSL_set1_verify_cert_store(&connection, material->trusted.get()) == 1;
}

Result<Peer> peer_of(const SSL* connection) {
  const authority::CertificatePtr certificate(
      connection == nullptr ? nullptr : SSL_get1_peer_certificate(connection));
  if (!certificate) {
    return fail(Code::kForbidden, "a client certificate is needed");
  }
  PENSTOCK_TRY(facts, authority::read_certificate(authority::pem_of(*certificate)));
  auto gateway =
      facts.uris.size() == 1 ? authority::parse_identity_uri(facts.uris.front()) : std::nullopt;
  if (!gateway) {
    return fail(Code::kForbidden, "the client certificate is not that of a gateway");
  }
  return Peer{std::move(*gateway), facts.validity.until};
}

}  // namespace penstock::controller::configuration
