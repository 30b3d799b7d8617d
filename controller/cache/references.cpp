#include "controller/cache/references.h"

#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/secret.h"
#include "controller/snapshot/consumers.h"
#include "kube/fields.h"

namespace penstock::controller::cache {
namespace {

using kube::member;

bool names_secret(std::string_view field) {
  return field.ends_with("ecretRef") || field == "secretKeyRef";
}

void collect(const json::Value& value, std::set<std::string>& names) {
  if (value.is_array()) {
    for (const auto& item : value) {
      collect(item, names);
    }
    return;
  }
  if (!value.is_object()) {
    return;
  }
  for (const auto& [field, inner] : value.items()) {
    if (names_secret(field) && inner.is_object()) {
      names.insert(kube::text_at(inner, "name"));
    } else if (field != "podTemplate") {
      collect(inner, names);
    }
  }
}

/// "namespace/name" of a reference; the namespace of `object` when it names none.
std::string full_name(const json::Value& reference, const kube::Object& object) {
  const std::string name_space = kube::text_at(reference, "namespace");
  return (name_space.empty() ? object.name_space() : name_space) + "/" +
         kube::text_at(reference, "name");
}

void collect_deployments(const json::Value& value, const kube::Object& object,
                         std::set<std::string>& names) {
  if (value.is_array()) {
    for (const auto& item : value) {
      collect_deployments(item, object, names);
    }
  } else if (value.is_object()) {
    for (const auto& [field, inner] : value.items()) {
      if (field == "deploymentRef" || field == "embeddingRef") {
        names.insert(full_name(inner, object));
      } else {
        collect_deployments(inner, object, names);
      }
    }
  }
}

}  // namespace

std::vector<std::string> secrets_of(const kube::Object& object) {
  std::set<std::string> names;
  if (const auto* spec = member(object.value(), "spec")) {
    collect(*spec, names);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> profiles_of(const kube::Object& object) {
  const json::Value* at = &object.value();
  for (const char* step : {"spec", "engine", "accelerator"}) {
    at = at == nullptr ? nullptr : member(*at, step);
  }
  if (at == nullptr) {
    return {};
  }
  return {kube::text_at(*at, "profile")};
}

std::vector<std::string> clients_of(const kube::Object& object) {
  const auto* spec = member(object.value(), "spec");
  return spec != nullptr && member(*spec, "client") != nullptr
             ? std::vector{std::string(kAnyClient)}
             : std::vector<std::string>();
}

std::vector<std::string> deployments_of(const kube::Object& route) {
  std::set<std::string> names;
  if (const auto* spec = member(route.value(), "spec")) {
    collect_deployments(*spec, route, names);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> gateways_of(const kube::Object& route) {
  std::set<std::string> names;
  const auto* spec = member(route.value(), "spec");
  const auto* list = spec == nullptr ? nullptr : member(*spec, "gatewayRefs");
  if (list != nullptr && list->is_array()) {
    for (const auto& reference : *list) {
      names.insert(full_name(reference, route));
    }
  }
  return {names.begin(), names.end()};
}

std::map<std::string, std::string> labels_of(const kube::Object& object) {
  std::map<std::string, std::string> out;
  const auto* metadata = member(object.value(), "metadata");
  const auto* labels = metadata == nullptr ? nullptr : member(*metadata, "labels");
  if (labels != nullptr && labels->is_object()) {
    for (const auto& [key, value] : labels->items()) {
      out.emplace(key, kube::text_at(*labels, key));
    }
  }
  return out;
}

std::vector<std::string> key_digests(const kube::Object& secret) {
  std::set<std::string> digests;
  const auto* data = member(secret.value(), "data");
  if (data == nullptr || !data->is_object()) {
    return {};
  }
  for (const auto& [key, value] : data->items()) {
    const auto plain = base64_decode(value.is_string() ? value.get_ref<const std::string&>() : "");
    if (plain) {
      const Secret usable = snapshot::usable_key(Secret(*plain));
      if (!usable.empty()) {
        digests.insert(sha256_hex(usable.reveal()));
      }
    }
  }
  return {digests.begin(), digests.end()};
}

}  // namespace penstock::controller::cache
