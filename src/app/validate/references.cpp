#include "app/validate/references.h"

#include <map>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "json/pointer.h"

namespace penstock::app::validate {
namespace {

using Key = std::tuple<std::string, std::string, std::string>;

class ReferenceCheck {
 public:
  ReferenceCheck(const std::vector<Object>& objects, std::vector<Finding>& out) : out_(out) {
    for (const Object& object : objects) {
      if (object.kind.empty() || object.name.empty()) {
        continue;
      }
      const auto [first, fresh] =
          index_.emplace(Key(object.kind, object.name_space, object.name), &object);
      if (!fresh) {
        warn(object, "/metadata/name", "metadata.name",
             fmt::format("{} is defined twice, first in {}:{}", object.title(),
                         first->second->document->file, first->second->line_of("")),
             "keep one; the one that is applied last would win");
      }
    }
    for (const Object& object : objects) {
      if (object.value->is_object() && object.value->contains("spec")) {
        walk(object, (*object.value)["spec"], "/spec", "spec");
      }
    }
  }

 private:
  // References are recognised by their field names, which are the same in all kinds.
  void walk(const Object& object, const json::Value& value, const std::string& pointer,
            const std::string& path) {
    if (value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        const std::string item = fmt::format("{}[{}]", path, i);
        if (path.ends_with("gatewayRefs")) {
          reference(object, value[i], json::pointer_to(pointer, i), item, "InferenceGateway");
        }
        walk(object, value[i], json::pointer_to(pointer, i), item);
      }
      return;
    }
    if (!value.is_object()) {
      return;
    }
    for (const auto& [key, member] : value.items()) {
      const std::string here = json::pointer_to(pointer, key);
      const std::string field = fmt::format("{}.{}", path, key);
      if (key == "deploymentRef" || key == "fallbackRef" || key == "embeddingRef") {
        reference(object, member, here, field, "ModelDeployment");
      } else if (key == "acceleratorProfileRef") {
        reference(object, member, here, field, "AcceleratorProfile");
      } else if (key.ends_with("SecretRef") || key == "secretKeyRef") {
        secret_key(object, member, here, field);
      }
      walk(object, member, here, field);
    }
  }

  static std::string text(const json::Value& value, const char* field) {
    const auto found = value.is_object() ? value.find(field) : value.end();
    return value.is_object() && found != value.end() && found->is_string()
               ? found->get<std::string>()
               : std::string();
  }

  void reference(const Object& from, const json::Value& ref, const std::string& pointer,
                 const std::string& path, const std::string& kind) {
    const std::string name = text(ref, "name");
    std::string name_space = text(ref, "namespace");
    if (name.empty()) {
      return;
    }
    if (name_space.empty() || kind == "AcceleratorProfile") {
      name_space = kind == "AcceleratorProfile" ? "default" : from.name_space;
    }
    const auto found = index_.find(Key(kind, name_space, name));
    if (found == index_.end()) {
      warn(from, json::pointer_to(pointer, "name"), path,
           kind == "AcceleratorProfile"
               ? fmt::format("{} {} is not among these files", kind, name)
               : fmt::format("{} {}/{} is not among these files", kind, name_space, name),
           "check the spelling; apply it too unless it exists in the cluster");
    } else if (kind == "ModelDeployment" && name_space != from.name_space &&
               !shared(*found->second, from.name_space)) {
      warn(from, json::pointer_to(pointer, "name"), path,
           fmt::format("{} does not share itself with namespace {}", found->second->title(),
                       from.name_space),
           fmt::format("add sharedWith: [{{namespace: {}}}] to its spec", from.name_space));
    }
  }

  static bool shared(const Object& deployment, const std::string& name_space) {
    const json::Value& spec = deployment.value->at("spec");
    if (!spec.is_object() || !spec.contains("sharedWith") || !spec["sharedWith"].is_array()) {
      return false;
    }
    for (const json::Value& grant : spec["sharedWith"]) {
      const std::string to = text(grant, "namespace");
      if (to == "*" || to == name_space ||
          (grant.is_object() && grant.contains("namespaceSelector"))) {
        return true;  // labels of namespaces are not known here
      }
    }
    return false;
  }

  // Secrets are rarely kept beside manifests, so a missing one says nothing; a missing key in one
  // that is here does.
  void secret_key(const Object& from, const json::Value& ref, const std::string& pointer,
                  const std::string& path) {
    const std::string name = text(ref, "name");
    const std::string key = text(ref, "key");
    const auto found = index_.find(Key("Secret", from.name_space, name));
    if (key.empty() || found == index_.end()) {
      return;
    }
    for (const char* part : {"data", "stringData"}) {
      const json::Value& secret = *found->second->value;
      if (secret.contains(part) && secret[part].is_object() && secret[part].contains(key)) {
        return;
      }
    }
    warn(from, json::pointer_to(pointer, "key"), path + ".key",
         fmt::format("{} has no key \"{}\"", found->second->title(), key),
         "add the key to the Secret or name another one");
  }

  void warn(const Object& object, const std::string& pointer, const std::string& path,
            std::string message, std::string remedy) {
    out_.push_back({.severity = Severity::kWarning,
                    .file = object.document->file,
                    .line = object.line_of(pointer),
                    .object = object.title(),
                    .field = path,
                    .value = {},
                    .message = std::move(message),
                    .remedy = std::move(remedy)});
  }

  std::map<Key, const Object*> index_;
  std::vector<Finding>& out_;
};

}  // namespace

void check_references(const std::vector<Object>& objects, std::vector<Finding>& out) {
  ReferenceCheck(objects, out);
}

}  // namespace penstock::app::validate
