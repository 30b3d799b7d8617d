#pragma once
// X.509 certificates: makes an authority's and those it signs, and reads and checks them. ECDSA on
// P-256. Knows OpenSSL (in the .cpp); knows no cluster, no clock and no policy.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "controller/authority/rotation.h"

namespace penstock::controller::authority {

/// PEM.
struct KeyPair {
  std::string certificate;
  Secret key;
};

enum class Use { kServer, kClient };

/// What a signed certificate says.
struct Leaf {
  Use use = Use::kClient;
  std::string common_name;             ///< for people only; cut at 64 characters
  std::vector<std::string> names;      ///< DNS names
  std::vector<std::string> addresses;  ///< IPv4 or IPv6
  std::vector<std::string> uris;
};

/// Signed by itself; may sign leaves and no other authority.
[[nodiscard]] Result<KeyPair> make_authority(const Validity& validity);

/// Does not live longer than the authority. Error kInvalid: an address or a key cannot be used.
[[nodiscard]] Result<KeyPair> issue(const KeyPair& authority, const Leaf& leaf,
                                    const Validity& validity);

struct CertificateFacts {
  Validity validity;
  std::vector<std::string> names;
  std::vector<std::string> addresses;  ///< 4 or 16 bytes each
  std::vector<std::string> uris;
};

/// Of the first certificate in the text.
[[nodiscard]] Result<CertificateFacts> read_certificate(std::string_view pem);

/// The pair fits together, an authority in `bundle` has signed it for that use, it is valid now and
/// has exactly the names, addresses and URIs of `leaf`. Error kInvalid says what is wrong.
[[nodiscard]] Result<> check_leaf(const KeyPair& pair, std::string_view bundle, const Leaf& leaf,
                                  WallTime now);

}  // namespace penstock::controller::authority
