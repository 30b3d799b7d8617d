#pragma once
// An authority as it is now: the certificates that are trusted, and the one that signs. Immutable;
// any thread. Knows the form of its Secret; reads and writes no cluster.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "controller/authority/certificate.h"
#include "controller/authority/gateway_identity.h"
#include "controller/authority/rotation.h"
#include "kube/object.h"

namespace penstock::controller::authority {

/// Of the Secret. Caches leave Secrets of this type out: nothing that a user writes can refer to
/// it.
inline constexpr std::string_view kSecretType = "penstock.dev/authority";

class Authority {
 public:
  /// From the Secret's data: "authority-N.crt" with "authority-N.key" each. An empty Secret, as the
  /// chart makes it, is an authority without members. Error kInvalid names the key.
  [[nodiscard]] static Result<Authority> read(const kube::Object& secret);

  /// What plan_rotation() wants; nothing when that is no change.
  [[nodiscard]] Result<std::optional<Authority>> rotated(WallTime now, const Policy& policy) const;

  /// The Secret with these members. `previous`, when there is one, keeps its metadata, so that a
  /// write over a newer version is refused.
  [[nodiscard]] kube::Object write(const kube::ObjectKey& key, const kube::Object& previous) const;

  /// All certificates that are to be trusted, PEM, newest last.
  [[nodiscard]] const std::string& bundle() const noexcept { return bundle_; }
  [[nodiscard]] bool empty() const noexcept { return members_.empty(); }

  /// `leaf` signed. Error kUnavailable while nobody can sign.
  [[nodiscard]] Result<KeyPair> sign(const Leaf& leaf, WallTime now, const Policy& policy) const;

 private:
  struct Member {
    KeyPair pair;
    Validity validity;
  };
  explicit Authority(std::vector<Member> members);
  [[nodiscard]] std::vector<Validity> validities() const;

  std::vector<Member> members_;  ///< oldest first
  std::string bundle_;
};

/// A certificate in use.
struct Kept {
  KeyPair pair;
  WallTime renew_at;
  bool fresh = false;  ///< made just now
};

/// `existing` while it is right and young, else a new one.
[[nodiscard]] Result<Kept> keep(const Authority& authority, const Leaf& leaf,
                                const std::optional<KeyPair>& existing, WallTime now,
                                const Policy& policy);

/// What the certificate of a gateway says.
[[nodiscard]] Leaf gateway_leaf(const GatewayIdentity& identity);

}  // namespace penstock::controller::authority
