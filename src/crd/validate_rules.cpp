#include <nlohmann/json.hpp>

#include "crd/validate_parts.h"

namespace penstock::crd {
namespace {

// ".a.b" below a place.
Place below(Place at, std::string_view field_path) {
  while (!field_path.empty()) {
    field_path.remove_prefix(1);
    const std::size_t dot = field_path.find('.');
    at = at.field(field_path.substr(0, dot));
    field_path = dot == std::string_view::npos ? std::string_view{} : field_path.substr(dot);
  }
  return at;
}

const json::Value* at_pointer(const json::Value& value, std::string_view field_path) {
  const json::Value* out = &value;
  while (!field_path.empty() && out != nullptr) {
    field_path.remove_prefix(1);
    const std::size_t dot = field_path.find('.');
    const auto found = out->find(std::string(field_path.substr(0, dot)));
    out = found == out->end() ? nullptr : &*found;
    field_path = dot == std::string_view::npos ? std::string_view{} : field_path.substr(dot);
  }
  return out;
}

// A computed message that is blank or breaks the line gives way to the fixed one.
std::string words_of(const Rule& rule, const cel::Node& self) {
  if (rule.message_of != nullptr) {
    std::string text = rule.message_of(self);
    if (text.find_first_not_of(" \t") != std::string::npos &&
        text.find_first_of("\r\n") == std::string::npos) {
      return text;
    }
  }
  return std::string(rule.message);
}

void run(const Rule& rule, const json::Value& value, const json::Value* old_value, const Place& at,
         Violations& out) {
  const cel::Node self(&value);
  if ((rule.is_transition && old_value == nullptr) || rule.holds(self, cel::Node(old_value))) {
    return;
  }
  Violation violation;
  const Place where = below(at, rule.field_path);
  violation.path = where.path;
  violation.pointer = where.pointer;
  if (const json::Value* shown_value = at_pointer(value, rule.field_path); shown_value != nullptr) {
    violation.value = shown(*shown_value);
  }
  const std::string detail = words_of(rule, self);
  // The server quotes scalars only; it leaves objects and lists out.
  violation.message = value.is_structured() ? "Invalid value: " + detail
                                            : "Invalid value: " + shown(value) + ": " + detail;
  if (const std::size_t semicolon = detail.rfind("; "); semicolon != std::string::npos) {
    violation.remedy = detail.substr(semicolon + 2);
  }
  violation.rule = true;
  out.push_back(std::move(violation));
}

// Lists correlate with their old version only when their items have keys.
const json::Value* old_item(const json::Value& item, const json::Value* old_list,
                            const Schema& schema) {
  if (old_list == nullptr || !old_list->is_array() || schema.list_type != ListType::kMap ||
      !item.is_object()) {
    return nullptr;
  }
  for (const json::Value& candidate : *old_list) {
    bool same = candidate.is_object();
    for (const std::string_view key : schema.list_map_keys) {
      const std::string name(key);
      same =
          same && candidate.contains(name) && item.contains(name) && candidate[name] == item[name];
    }
    if (same) {
      return &candidate;
    }
  }
  return nullptr;
}

const json::Value* old_member(const json::Value* old_value, const std::string& name) {
  if (old_value == nullptr || !old_value->is_object()) {
    return nullptr;
  }
  const auto found = old_value->find(name);
  return found == old_value->end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

void check_rules(const json::Value& value, const json::Value* old_value, const Schema& schema,
                 const Place& at, Violations& out) {
  if (value.is_null()) {
    return;
  }
  for (const Rule& rule : schema.rules) {
    run(rule, value, old_value, at, out);
  }
  if (value.is_array() && schema.items != nullptr) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      check_rules(value[i], old_item(value[i], old_value, schema), *schema.items, at.item(i), out);
    }
  } else if (value.is_object() && schema.type == SchemaType::kMap) {
    for (const auto& [key, entry] : value.items()) {
      check_rules(entry, old_member(old_value, key), *schema.items, at.entry(key), out);
    }
  } else if (value.is_object()) {
    for (const Property& property : schema.properties) {
      const std::string name(property.name);
      if (const auto found = value.find(name); found != value.end()) {
        check_rules(*found, old_member(old_value, name), *property.schema, at.field(name), out);
      }
    }
  }
}

}  // namespace penstock::crd
