#include "kube/object.h"

#include <nlohmann/json.hpp>

#include "kube/fields.h"

namespace penstock::kube {
namespace {

const json::Value& empty_value() {
  static const json::Value value = json::Value::object();
  return value;
}

std::optional<std::string> entry(const json::Value& object, std::string_view map,
                                 std::string_view name) {
  const json::Value* metadata = member(object, "metadata");
  const json::Value* entries = metadata == nullptr ? nullptr : member(*metadata, map);
  const json::Value* found = entries == nullptr ? nullptr : member(*entries, name);
  if (found == nullptr || !found->is_string()) {
    return std::nullopt;
  }
  return found->get<std::string>();
}

}  // namespace

struct Object::Body {
  json::Value value;
  ObjectKey key;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  bool deleting = false;
};

Object::Object() = default;

Object::Object(json::Value value) {
  auto body = std::make_shared<Body>();
  body->value = value.is_object() ? std::move(value) : json::Value::object();
  if (const json::Value* metadata = member(body->value, "metadata")) {
    body->key = {text_at(*metadata, "namespace"), text_at(*metadata, "name")};
    body->uid = text_at(*metadata, "uid");
    body->resource_version = text_at(*metadata, "resourceVersion");
    body->generation = integer_at(*metadata, "generation").value_or(0);
    body->deleting = !text_at(*metadata, "deletionTimestamp").empty();
  }
  body_ = std::move(body);
}

const json::Value& Object::value() const noexcept {
  return body_ ? body_->value : empty_value();
}

const ObjectKey& Object::key() const noexcept {
  static const ObjectKey none;
  return body_ ? body_->key : none;
}

const std::string& Object::uid() const noexcept {
  static const std::string none;
  return body_ ? body_->uid : none;
}

const std::string& Object::resource_version() const noexcept {
  static const std::string none;
  return body_ ? body_->resource_version : none;
}

std::int64_t Object::generation() const noexcept {
  return body_ ? body_->generation : 0;
}

bool Object::deleting() const noexcept {
  return body_ && body_->deleting;
}

std::optional<std::string> Object::label(std::string_view name) const {
  return entry(value(), "labels", name);
}

std::optional<std::string> Object::annotation(std::string_view name) const {
  return entry(value(), "annotations", name);
}

std::optional<Object::Owner> Object::controller_owner() const {
  const json::Value* metadata = member(value(), "metadata");
  const json::Value* owners = metadata == nullptr ? nullptr : member(*metadata, "ownerReferences");
  if (owners == nullptr || !owners->is_array()) {
    return std::nullopt;
  }
  for (const json::Value& owner : *owners) {
    if (flag_at(owner, "controller")) {
      return Owner{text_at(owner, "apiVersion"), text_at(owner, "kind"), text_at(owner, "name"),
                   text_at(owner, "uid")};
    }
  }
  return std::nullopt;
}

bool operator==(const Object& a, const Object& b) {
  return a.body_ == b.body_ || a.value() == b.value();
}

void strip_bookkeeping(json::Value& object) {
  if (!object.is_object()) {
    return;
  }
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) {
    return;
  }
  metadata->erase("managedFields");
  const auto annotations = metadata->find("annotations");
  if (annotations != metadata->end() && annotations->is_object()) {
    annotations->erase("kubectl.kubernetes.io/last-applied-configuration");
    if (annotations->empty()) {
      metadata->erase("annotations");
    }
  }
}

bool version_less(std::string_view a, std::string_view b) noexcept {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace penstock::kube
