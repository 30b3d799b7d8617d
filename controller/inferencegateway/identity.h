#pragma once
// The certificate by which a gateway's pods are known to the controller: read from its Secret, kept
// while it is good, renewed in time. Knows the Secret's form; writes nothing.

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "controller/authority/authority.h"
#include "controller/authority/keeper.h"
#include "controller/inferencegateway/observe.h"
#include "json/value.h"
#include "kube/object.h"

namespace penstock::controller::inferencegateway {

/// How gateways reach the controller.
struct Stream {
  std::string url;
  std::function<authority::AuthorityPtr()> authority;  ///< null while there is none
  authority::Policy policy{};
};

/// Absent when the Secret is, or when a part of it is missing.
[[nodiscard]] std::optional<Identity> read_identity(const kube::Object& secret);

/// The Secret's data.
[[nodiscard]] json::Value identity_data(const Identity& identity);

/// Puts a good identity in the place of `identity`; returns when to look again. While there is no
/// authority, `identity` stays what it is.
[[nodiscard]] Result<WallTime> renew_identity(std::optional<Identity>& identity,
                                              const authority::GatewayIdentity& gateway,
                                              const Stream& stream, WallTime now);

}  // namespace penstock::controller::inferencegateway
