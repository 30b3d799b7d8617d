#include "controller/consumer/observe.h"

#include <map>

#include "controller/cache/references.h"

namespace penstock::controller::consumer {
namespace {

using Found = std::map<kube::ObjectKey, kube::Object>;

void add_presenting(const cache::Caches& caches, const kube::Object& secret, Found& found) {
  const auto add = [&](const kube::Object& named) {
    for (const auto& other : caches.consumers.by_index(cache::kBySecret, named.key().full_name())) {
      found.emplace(other.key(), other);
    }
  };
  add(secret);
  for (const auto& digest : cache::key_digests(secret)) {
    for (const auto& same : caches.secrets.by_index(cache::kByDigest, digest)) {
      add(same);
    }
  }
}

std::vector<kube::Object> values_of(Found found) {
  std::vector<kube::Object> out;
  out.reserve(found.size());
  for (auto& [key, object] : found) {
    out.push_back(std::move(object));
  }
  return out;
}

void add_secrets(const cache::Caches& caches, const kube::Object& object,
                 snapshot::SecretStore& secrets) {
  for (const auto& name : cache::secrets_of(object)) {
    const auto secret = caches.secrets.get({object.name_space(), name});
    if (!secret.empty()) {
      // One that cannot be read counts as missing; the condition says so.
      static_cast<void>(secrets.add(secret.value()));
    }
  }
}

}  // namespace

std::vector<kube::Object> presenting(const cache::Caches& caches, const kube::Object& secret) {
  Found found;
  add_presenting(caches, secret, found);
  return values_of(std::move(found));
}

std::vector<kube::Object> sharing_keys(const cache::Caches& caches, const kube::Object& object) {
  Found found{{object.key(), object}};
  for (const auto& name : cache::secrets_of(object)) {
    const auto secret = caches.secrets.get({object.name_space(), name});
    if (!secret.empty()) {
      add_presenting(caches, secret, found);
    }
  }
  return values_of(std::move(found));
}

Result<Input> observe(const cache::Caches& caches, const kube::Object& object, WallTime now) {
  Input input;
  PENSTOCK_TRY(parsed, crd::parse_consumer(object.value()));
  input.object = std::move(parsed);
  input.now = now;
  add_secrets(caches, object, input.secrets);
  for (const auto& other : sharing_keys(caches, object)) {
    auto rival = crd::parse_consumer(other.value());
    if (rival && other.key() != object.key()) {
      input.rivals.push_back(std::move(*rival));
      add_secrets(caches, other, input.secrets);
    }
  }
  return input;
}

}  // namespace penstock::controller::consumer
