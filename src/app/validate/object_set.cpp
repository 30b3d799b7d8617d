#include "app/validate/object_set.h"

#include <nlohmann/json.hpp>

#include "crd/schema.h"

namespace penstock::app::validate {
namespace {

std::string text(const json::Value& value, const char* field) {
  if (!value.is_object()) {
    return {};
  }
  const auto found = value.find(field);
  return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void add(const json::YamlDocument& document, const json::Value& value, std::string pointer,
         std::vector<Object>& out) {
  Object object;
  object.document = &document;
  object.value = &value;
  object.pointer = std::move(pointer);
  object.api_version = text(value, "apiVersion");
  object.kind = text(value, "kind");
  if (value.is_object() && value.contains("metadata")) {
    object.name = text(value["metadata"], "name");
    object.name_space = text(value["metadata"], "namespace");
  }
  if (object.name_space.empty()) {
    object.name_space = "default";
  }
  out.push_back(std::move(object));
}

}  // namespace

std::string Object::title() const {
  if (kind.empty()) {
    return {};
  }
  if (name.empty()) {
    return kind;
  }
  const crd::KindInfo* info = crd::find_kind(kind);
  return info != nullptr && !info->namespaced ? kind + " " + name
                                              : kind + " " + name_space + "/" + name;
}

std::vector<Object> objects_of(const std::vector<json::YamlStream>& files) {
  std::vector<Object> out;
  for (const json::YamlStream& file : files) {
    for (const json::YamlDocument& document : file.documents) {
      const json::Value& value = *document.value;
      if (text(value, "kind") == "List" && text(value, "apiVersion") == "v1" &&
          value.contains("items") && value["items"].is_array()) {
        for (std::size_t i = 0; i < value["items"].size(); ++i) {
          add(document, value["items"][i], "/items/" + std::to_string(i), out);
        }
      } else {
        add(document, value, "", out);
      }
    }
  }
  return out;
}

}  // namespace penstock::app::validate
