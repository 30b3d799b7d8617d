#pragma once
// Who we are and whom we let in, on every new connection: TLS 1.3, a client certificate always, and
// no authorities but our own. Knows OpenSSL; knows no HTTP.
//
// Certificates are looked up during each handshake, so a renewed one needs no restart and does not
// touch connections that are open. Until the first one is there, every handshake fails. Sessions
// are not resumed: a certificate is looked at every time.

#include <memory>
#include <mutex>
#include <string_view>

#include <openssl/ssl.h>

#include "base/result.h"
#include "controller/authority/certificate.h"
#include "controller/authority/gateway_identity.h"

namespace penstock::controller::configuration {

/// Whom a connection belongs to.
struct Peer {
  authority::GatewayIdentity gateway;
  WallTime until;  ///< its certificate's end
};

/// Any thread; must outlive the context that it has set up.
class TlsDoor {
 public:
  /// From now on we show `identity` and let in whom an authority of `bundle` has signed.
  [[nodiscard]] Result<> use(const authority::KeyPair& identity, std::string_view bundle);

  [[nodiscard]] bool set_up(SSL_CTX& context);

  /// The peer would be let in now, too: not only when its handshake was.
  [[nodiscard]] bool trusts(const SSL* connection) const;

 private:
  struct Material;
  static int choose(SSL* connection, void* door);
  [[nodiscard]] bool offer(SSL& connection) const;
  [[nodiscard]] std::shared_ptr<const Material> current() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Material> material_;  // guarded by mutex_
};

/// Error kForbidden: the certificate, though ours, is not that of one gateway.
[[nodiscard]] Result<Peer> peer_of(const SSL* connection);

}  // namespace penstock::controller::configuration
