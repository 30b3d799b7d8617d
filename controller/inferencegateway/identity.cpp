#include "controller/inferencegateway/identity.h"

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/log.h"
#include "kube/fields.h"

namespace penstock::controller::inferencegateway {
namespace {

constexpr std::string_view kCertificateKey = "tls.crt";
constexpr std::string_view kPrivateKey = "tls.key";
constexpr std::string_view kTrustedKey = "ca.crt";
constexpr std::chrono::seconds kWaitForAuthority{1};

}  // namespace

std::optional<Identity> read_identity(const kube::Object& secret) {
  const json::Value* data = kube::member(secret.value(), "data");
  if (data == nullptr) {
    return std::nullopt;
  }
  auto certificate = base64_decode(kube::text_at(*data, kCertificateKey));
  auto key = base64_decode(kube::text_at(*data, kPrivateKey));
  auto trusted = base64_decode(kube::text_at(*data, kTrustedKey));
  if (!certificate || certificate->empty() || !key || key->empty() || !trusted) {
    return std::nullopt;
  }
  return Identity{{std::move(*certificate), Secret(std::move(*key))}, std::move(*trusted)};
}

json::Value identity_data(const Identity& identity) {
  return {{kCertificateKey, base64_encode(identity.pair.certificate)},
          {kPrivateKey, base64_encode(identity.pair.key.reveal())},
          {kTrustedKey, base64_encode(identity.trusted)}};
}

Result<WallTime> renew_identity(std::optional<Identity>& identity,
                                const authority::GatewayIdentity& gateway, const Stream& stream,
                                WallTime now) {
  const auto authority = stream.authority();
  if (!authority) {
    return now + kWaitForAuthority;
  }
  PENSTOCK_TRY(kept, authority::keep(*authority, authority::gateway_leaf(gateway),
                                     identity ? std::optional(identity->pair) : std::nullopt, now,
                                     stream.policy));
  if (kept.fresh) {
    log::info("signing a gateway's certificate",
              {{"namespace", gateway.name_space}, {"gateway", gateway.name}});
  }
  identity = Identity{std::move(kept.pair), authority->bundle()};
  return kept.renew_at;
}

}  // namespace penstock::controller::inferencegateway
