#include "controller/authority/authority.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "kube/fields.h"

namespace penstock::controller::authority {
namespace {

constexpr std::string_view kStem = "authority-";
constexpr std::string_view kCertificateEnd = ".crt";
constexpr std::string_view kKeyEnd = ".key";
/// Two are the rule; more come only from a hand or from a clock that jumps.
constexpr std::size_t kMostMembers = 8;

Result<std::string> entry(const json::Value& data, const std::string& name) {
  auto bytes = base64_decode(kube::text_at(data, name));
  if (!bytes || bytes->empty()) {
    return fail(Code::kInvalid, "data." + name + " is missing, empty or not base64");
  }
  return bytes;
}

std::string stem_of(const Validity& validity) {
  return std::string(kStem) + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                                 validity.from.time_since_epoch())
                                                 .count());
}

}  // namespace

Authority::Authority(std::vector<Member> members) : members_(std::move(members)) {
  std::ranges::sort(members_, {}, [](const Member& member) { return member.validity.from; });
  for (const auto& member : members_) {
    bundle_ += member.pair.certificate;
  }
}

Result<Authority> Authority::read(const kube::Object& secret) {
  std::vector<Member> members;
  const json::Value* data = kube::member(secret.value(), "data");
  if (data == nullptr || !data->is_object()) {
    return Authority(std::move(members));
  }
  for (const auto& [name, ignored] : data->items()) {
    if (!name.starts_with(kStem) || !name.ends_with(kCertificateEnd)) {
      continue;
    }
    if (members.size() == kMostMembers) {
      return fail(Code::kInvalid, "data holds more than 8 authorities");
    }
    PENSTOCK_TRY(certificate, entry(*data, name));
    PENSTOCK_TRY(key, entry(*data, name.substr(0, name.size() - kCertificateEnd.size()) +
                                       std::string(kKeyEnd)));
    auto facts = read_certificate(certificate);
    if (!facts) {
      return fail(std::move(facts.error()).with_context("data." + name));
    }
    members.push_back({{std::move(certificate), Secret(std::move(key))}, facts->validity});
  }
  return Authority(std::move(members));
}

std::vector<Validity> Authority::validities() const {
  std::vector<Validity> out;
  std::ranges::transform(members_, std::back_inserter(out), &Member::validity);
  return out;
}

Result<std::optional<Authority>> Authority::rotated(WallTime now, const Policy& policy) const {
  const Rotation rotation = plan_rotation(now, validities(), policy);
  if (!rotation.make_new && rotation.expired.empty()) {
    return std::nullopt;
  }
  std::vector<Member> members;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (std::ranges::find(rotation.expired, i) == rotation.expired.end()) {
      members.push_back(members_[i]);
    }
  }
  if (rotation.make_new) {
    const Validity validity = validity_from(now, policy.authority_life, policy);
    PENSTOCK_TRY(pair, make_authority(validity));
    members.push_back({std::move(pair), validity});
  }
  return Authority(std::move(members));
}

kube::Object Authority::write(const kube::ObjectKey& key, const kube::Object& previous) const {
  json::Value data = json::Value::object();
  for (const auto& member : members_) {
    const std::string stem = stem_of(member.validity);
    data[stem + std::string(kCertificateEnd)] = base64_encode(member.pair.certificate);
    data[stem + std::string(kKeyEnd)] = base64_encode(member.pair.key.reveal());
  }
  json::Value secret =
      previous.empty() ? json::Value{{"apiVersion", "v1"},
                                     {"kind", "Secret"},
                                     {"type", kSecretType},
                                     {"metadata",
                                      {{"name", key.name},
                                       {"namespace", key.name_space},
                                       {"labels", {{"app.kubernetes.io/part-of", "penstock"}}}}}}
                       : previous.value();
  secret["data"] = std::move(data);
  return kube::Object(std::move(secret));
}

Result<KeyPair> Authority::sign(const Leaf& leaf, WallTime now, const Policy& policy) const {
  const auto signer = plan_rotation(now, validities(), policy).signer;
  if (!signer) {
    return fail(Code::kUnavailable, "there is no authority yet that can sign");
  }
  return issue(members_[*signer].pair, leaf, validity_from(now, policy.leaf_life, policy));
}

Result<Kept> keep(const Authority& authority, const Leaf& leaf,
                  const std::optional<KeyPair>& existing, WallTime now, const Policy& policy) {
  if (existing && check_leaf(*existing, authority.bundle(), leaf, now)) {
    PENSTOCK_TRY(facts, read_certificate(existing->certificate));
    if (const WallTime renew_at = renewal_time(facts.validity); now < renew_at) {
      return Kept{*existing, renew_at, false};
    }
  }
  PENSTOCK_TRY(pair, authority.sign(leaf, now, policy));
  PENSTOCK_TRY(facts, read_certificate(pair.certificate));
  return Kept{std::move(pair), renewal_time(facts.validity), true};
}

Leaf gateway_leaf(const GatewayIdentity& identity) {
  Leaf leaf;
  leaf.use = Use::kClient;
  leaf.common_name = identity.name_space + "/" + identity.name;
  leaf.uris = {identity_uri(identity)};
  return leaf;
}

}  // namespace penstock::controller::authority
