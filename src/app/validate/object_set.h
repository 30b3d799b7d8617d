#pragma once
// The objects of a set of files, one by one: documents, and the items of a v1 List.

#include <string>
#include <vector>

#include "json/value.h"
#include "json/yaml.h"

namespace penstock::app::validate {

struct Object {
  const json::YamlDocument* document = nullptr;
  const json::Value* value = nullptr;
  std::string pointer;  ///< of the object in its document: empty, or "/items/3"
  std::string api_version;
  std::string kind;
  std::string name_space;  ///< "default" when none is named
  std::string name;

  /// "ModelRoute default/chat"
  [[nodiscard]] std::string title() const;
  [[nodiscard]] int line_of(const std::string& field_pointer) const {
    return document->line_of(pointer + field_pointer);
  }
};

/// Objects refer to `files`, which must outlive them. Documents that are not objects are included:
/// their fields are empty.
[[nodiscard]] std::vector<Object> objects_of(const std::vector<json::YamlStream>& files);

}  // namespace penstock::app::validate
