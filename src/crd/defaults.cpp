#include "crd/defaults.h"

#include <nlohmann/json.hpp>

namespace penstock::crd {

void apply_defaults(json::Value& value, const Schema& schema) {
  if (schema.type == SchemaType::kArray && value.is_array()) {
    for (json::Value& item : value) {
      apply_defaults(item, *schema.items);
    }
    return;
  }
  if (!value.is_object()) {
    return;
  }
  if (schema.type == SchemaType::kMap) {
    for (auto entry = value.begin(); entry != value.end();) {
      if (entry->is_null()) {
        entry = value.erase(entry);
      } else {
        apply_defaults(*entry, *schema.items);
        ++entry;
      }
    }
    return;
  }
  for (const Property& property : schema.properties) {
    const std::string name(property.name);
    if (const auto found = value.find(name); found != value.end() && found->is_null()) {
      value.erase(found);
    }
    if (!property.schema->default_json.empty() && !value.contains(name)) {
      value[name] = json::Value::parse(property.schema->default_json);
    }
    if (const auto found = value.find(name); found != value.end()) {
      apply_defaults(*found, *property.schema);
    }
  }
}

}  // namespace penstock::crd
