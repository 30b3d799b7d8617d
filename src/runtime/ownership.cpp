#include "runtime/ownership.h"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "crd/writer.h"
#include "kube/fields.h"

namespace penstock::runtime {
namespace {

std::vector<std::string> finalizers_of(const kube::Object& object) {
  std::vector<std::string> all;
  const json::Value* metadata = kube::member(object.value(), "metadata");
  const json::Value* list = metadata == nullptr ? nullptr : kube::member(*metadata, "finalizers");
  if (list != nullptr && list->is_array()) {
    for (const json::Value& item : *list) {
      if (item.is_string()) {
        all.push_back(item.get<std::string>());
      }
    }
  }
  return all;
}

/// The whole list, on condition that nobody has changed the object since it was read.
Result<kube::Object> write_finalizers(kube::Client& client, const kube::Resource& resource,
                                      const kube::Object& object,
                                      const std::vector<std::string>& finalizers,
                                      std::string_view field_manager, std::stop_token stop) {
  const json::Value patch = {{"metadata",
                              {{"uid", object.uid()},
                               {"resourceVersion", object.resource_version()},
                               {"finalizers", finalizers}}}};
  return client.merge_patch(resource, object.key(), patch, std::string(field_manager), {},
                            std::move(stop));
}

}  // namespace

crd::OwnerReference controller_reference(const kube::Object& owner) {
  crd::OwnerReference reference;
  reference.api_version = kube::text_at(owner.value(), "apiVersion");
  reference.kind = kube::text_at(owner.value(), "kind");
  reference.name = owner.name();
  reference.uid = owner.uid();
  reference.controller = true;
  reference.block_owner_deletion = true;
  return reference;
}

Result<> set_controller_owner(json::Value& child, const kube::Object& owner) {
  const json::Value* metadata = kube::member(child, "metadata");
  const std::string name_space = metadata == nullptr ? "" : kube::text_at(*metadata, "namespace");
  const crd::OwnerReference reference = controller_reference(owner);
  if (reference.uid.empty() || reference.api_version.empty() || reference.kind.empty()) {
    return fail(Code::kInternal, owner.key().full_name() +
                                     " cannot be an owner: it was not read from the API server");
  }
  if (!owner.name_space().empty() && owner.name_space() != name_space) {
    return fail(Code::kInternal, "a child in namespace \"" + name_space + "\" cannot be owned by " +
                                     owner.key().full_name() + " of another namespace");
  }
  json::Value entry;
  crd::write_value(entry, reference);
  child["metadata"]["ownerReferences"] = json::Value::array({std::move(entry)});
  return {};
}

bool controlled_by(const kube::Object& child, const kube::Object& owner) {
  const auto controller = child.controller_owner();
  return controller && !owner.uid().empty() && controller->uid == owner.uid();
}

Result<> check_ownership(const kube::Object& existing, const kube::Object& owner) {
  if (existing.empty() || controlled_by(existing, owner)) {
    return {};
  }
  const std::string what =
      kube::text_at(existing.value(), "kind") + " " + existing.key().full_name();
  const auto controller = existing.controller_owner();
  if (!controller) {
    return fail(Code::kConflict, what + " exists and was not made for " + owner.key().full_name() +
                                     "; rename or delete it, it will not be overwritten");
  }
  return fail(Code::kConflict, what + " belongs to " + controller->kind + " " + controller->name +
                                   (controller->name == owner.name()
                                        ? " of an earlier incarnation; waiting for it to go"
                                        : "; rename one of the two"));
}

bool has_finalizer(const kube::Object& object, std::string_view finalizer) {
  const std::vector<std::string> all = finalizers_of(object);
  return std::ranges::find(all, finalizer) != all.end();
}

Result<kube::Object> add_finalizer(kube::Client& client, const kube::Resource& resource,
                                   const kube::Object& object, std::string_view finalizer,
                                   std::string_view field_manager, std::stop_token stop) {
  std::vector<std::string> finalizers = finalizers_of(object);
  if (std::ranges::find(finalizers, finalizer) != finalizers.end()) {
    return object;
  }
  if (object.deleting()) {
    return fail(Code::kConflict,
                object.key().full_name() + " is being deleted: no finalizer can be added");
  }
  finalizers.emplace_back(finalizer);
  return write_finalizers(client, resource, object, finalizers, field_manager, std::move(stop));
}

Result<> remove_finalizer(kube::Client& client, const kube::Resource& resource,
                          const kube::Object& object, std::string_view finalizer,
                          std::string_view field_manager, std::stop_token stop) {
  std::vector<std::string> finalizers = finalizers_of(object);
  if (std::erase(finalizers, finalizer) == 0) {
    return {};
  }
  auto written =
      write_finalizers(client, resource, object, finalizers, field_manager, std::move(stop));
  if (!written && written.error().code() != Code::kNotFound) {
    return fail(std::move(written).error());
  }
  return {};
}

}  // namespace penstock::runtime
