#include "controller/child/pod_template.h"

#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

namespace penstock::controller::child {
namespace {

struct ListKey {
  std::string_view list;
  std::string_view key;
};

constexpr std::array kListKeys{
    ListKey{"containers", "name"},
    ListKey{"initContainers", "name"},
    ListKey{"volumes", "name"},
    ListKey{"env", "name"},
    ListKey{"imagePullSecrets", "name"},
    ListKey{"resourceClaims", "name"},
    ListKey{"volumeMounts", "mountPath"},
    ListKey{"volumeDevices", "devicePath"},
    ListKey{"ports", "containerPort"},
    ListKey{"hostAliases", "ip"},
    ListKey{"topologySpreadConstraints", "topologyKey"},
};
constexpr std::array<std::string_view, 2> kAppended{"tolerations", "envFrom"};

/// The members of which at most one may be set: naming another one replaces the first.
constexpr std::array<std::string_view, 2> kUnions{"volumes", "env"};

std::string_view key_of(std::string_view list) {
  for (const auto& row : kListKeys) {
    if (row.list == list) {
      return row.key;
    }
  }
  return {};
}

template <class List>
bool contains(const List& list, std::string_view name) {
  for (const std::string_view item : list) {
    if (item == name) {
      return true;
    }
  }
  return false;
}

void merge(json::Value& base, const json::Value& extra, std::string_view name);

json::Value* find_item(json::Value& list, const std::string& key, const json::Value& wanted) {
  for (auto& item : list) {
    if (item.is_object() && item.contains(key) && item[key] == wanted) {
      return &item;
    }
  }
  return nullptr;
}

void merge_list(json::Value& base, const json::Value& extra, std::string_view name) {
  if (contains(kAppended, name)) {
    base.insert(base.end(), extra.begin(), extra.end());
    return;
  }
  const std::string key(key_of(name));
  if (key.empty()) {
    base = extra;
    return;
  }
  for (const auto& item : extra) {
    json::Value* same =
        item.is_object() && item.contains(key) ? find_item(base, key, item[key]) : nullptr;
    if (same == nullptr) {
      base.push_back(item);
    } else if (contains(kUnions, name)) {
      *same = item;
    } else {
      merge(*same, item, {});
    }
  }
}

void merge(json::Value& base, const json::Value& extra, std::string_view name) {
  if (base.is_array() && extra.is_array()) {
    merge_list(base, extra, name);
    return;
  }
  if (!base.is_object() || !extra.is_object()) {
    base = extra;
    return;
  }
  for (const auto& [field, value] : extra.items()) {
    if (field.starts_with('$')) {
      continue;
    }
    if (value.is_null()) {
      base.erase(field);
    } else if (base.contains(field)) {
      merge(base[field], value, field);
    } else {
      base[field] = value;
    }
  }
}

}  // namespace

void merge_pod_template(json::Value& base, const json::Value& extra) {
  if (!extra.is_object()) {
    return;
  }
  const json::Value labels = base.contains("metadata") && base["metadata"].contains("labels")
                                 ? base["metadata"]["labels"]
                                 : json::Value::object();
  merge(base, extra, {});
  for (const auto& [key, value] : labels.items()) {
    base["metadata"]["labels"][key] = value;
  }
}

}  // namespace penstock::controller::child
