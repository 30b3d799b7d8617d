#include "kube/fields.h"

#include <nlohmann/json.hpp>

namespace penstock::kube {

const json::Value* member(const json::Value& object, std::string_view name) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string text_at(const json::Value& object, std::string_view name) {
  const json::Value* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::optional<std::int64_t> integer_at(const json::Value& object, std::string_view name) {
  const json::Value* value = member(object, name);
  if (value == nullptr || !value->is_number_integer()) {
    return std::nullopt;
  }
  return value->get<std::int64_t>();
}

bool flag_at(const json::Value& object, std::string_view name) {
  const json::Value* value = member(object, name);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

}  // namespace penstock::kube
