#pragma once
// Who owns whom, and what must happen before an object may go: owner references and finalizers.
// Knows metadata; knows no kind.
//
// Owner references made here always carry controller: true and stay inside the owner's namespace: a
// reference across namespaces makes the garbage collector delete what it should not (the child
// looks orphaned at its next restart).

#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crd/meta.h"
#include "kube/client.h"
#include "kube/object.h"

namespace penstock::runtime {

/// The reference to write into a child's metadata.ownerReferences.
[[nodiscard]] crd::OwnerReference controller_reference(const kube::Object& owner);

/// Writes it into `child`. Error kInternal when the child could not be collected with its owner:
/// another namespace, or an owner without UID.
[[nodiscard]] Result<> set_controller_owner(json::Value& child, const kube::Object& owner);

/// `child` is controlled by exactly this incarnation of `owner`.
[[nodiscard]] bool controlled_by(const kube::Object& child, const kube::Object& owner);

/// Before touching an existing object of a child's name: error kConflict when somebody else
/// controls it, or nobody does (then it was made by hand and is not ours to overwrite). An empty
/// object and our own child are fine.
[[nodiscard]] Result<> check_ownership(const kube::Object& existing, const kube::Object& owner);

[[nodiscard]] bool has_finalizer(const kube::Object& object, std::string_view finalizer);

/// Adds it, before the first effect outside of Kubernetes. Does nothing when it is there. Error
/// kConflict when the object has changed or is being deleted (no finalizer can be added then).
[[nodiscard]] Result<kube::Object> add_finalizer(
    kube::Client& client, const kube::Resource& resource, const kube::Object& object,
    std::string_view finalizer, std::string_view field_manager, std::stop_token stop = {});

/// Removes only this one, from only this incarnation and version. Gone objects are a success.
[[nodiscard]] Result<> remove_finalizer(kube::Client& client, const kube::Resource& resource,
                                        const kube::Object& object, std::string_view finalizer,
                                        std::string_view field_manager, std::stop_token stop = {});

}  // namespace penstock::runtime
