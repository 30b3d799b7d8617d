#include "crd/meta.h"

#include <algorithm>

#include "crd/reader.h"
#include "crd/writer.h"

namespace penstock::crd {

std::string ObjectMeta::full_name() const {
  return namespace_.empty() ? name : namespace_ + "/" + name;
}

bool LabelSelector::matches(const std::map<std::string, std::string>& labels) const {
  return std::all_of(match_labels.begin(), match_labels.end(), [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
}

void read_value(const Reader& at, OwnerReference& out) {
  FieldReader fields(at);
  fields.required("apiVersion", out.api_version);
  fields.required("kind", out.kind);
  fields.required("name", out.name);
  fields.required("uid", out.uid);
  fields.optional("controller", out.controller);
  fields.optional("blockOwnerDeletion", out.block_owner_deletion);
  fields.rest(out.unknown);
}

void write_value(json::Value& out, const OwnerReference& in) {
  FieldWriter fields(out, in.unknown);
  fields.always("apiVersion", in.api_version);
  fields.always("kind", in.kind);
  fields.always("name", in.name);
  fields.always("uid", in.uid);
  fields.set("controller", in.controller);
  fields.set("blockOwnerDeletion", in.block_owner_deletion);
}

void read_value(const Reader& at, ObjectMeta& out) {
  FieldReader fields(at);
  fields.optional("name", out.name);
  fields.optional("namespace", out.namespace_);
  fields.optional("uid", out.uid);
  fields.optional("resourceVersion", out.resource_version);
  fields.optional("generation", out.generation);
  fields.optional("labels", out.labels);
  fields.optional("annotations", out.annotations);
  fields.optional("ownerReferences", out.owner_references);
  fields.optional("finalizers", out.finalizers);
  fields.optional("creationTimestamp", out.creation_timestamp);
  fields.optional("deletionTimestamp", out.deletion_timestamp);
  fields.rest(out.unknown);
}

void write_value(json::Value& out, const ObjectMeta& in) {
  FieldWriter fields(out, in.unknown);
  fields.unless_empty("name", in.name);
  fields.unless_empty("namespace", in.namespace_);
  fields.unless_empty("uid", in.uid);
  fields.unless_empty("resourceVersion", in.resource_version);
  if (in.generation != 0) {
    fields.always("generation", in.generation);
  }
  fields.unless_empty("labels", in.labels);
  fields.unless_empty("annotations", in.annotations);
  fields.unless_empty("ownerReferences", in.owner_references);
  fields.unless_empty("finalizers", in.finalizers);
  fields.set("creationTimestamp", in.creation_timestamp);
  fields.set("deletionTimestamp", in.deletion_timestamp);
}

void read_value(const Reader& at, Condition& out) {
  FieldReader fields(at);
  fields.required("type", out.type);
  fields.required("status", out.status);
  fields.optional("observedGeneration", out.observed_generation);
  fields.required("lastTransitionTime", out.last_transition_time);
  fields.required("reason", out.reason);
  fields.required("message", out.message);
  fields.rest(out.unknown);
}

void write_value(json::Value& out, const Condition& in) {
  FieldWriter fields(out, in.unknown);
  fields.always("type", in.type);
  fields.always("status", in.status);
  fields.set("observedGeneration", in.observed_generation);
  fields.always("lastTransitionTime", in.last_transition_time);
  fields.always("reason", in.reason);
  fields.always("message", in.message);
}

void read_value(const Reader& at, SecretKeyRef& out) {
  FieldReader fields(at);
  fields.required("name", out.name);
  fields.required("key", out.key);
  fields.rest(out.unknown);
}

void write_value(json::Value& out, const SecretKeyRef& in) {
  FieldWriter fields(out, in.unknown);
  fields.always("name", in.name);
  fields.always("key", in.key);
}

void read_value(const Reader& at, LocalRef& out) {
  FieldReader fields(at);
  fields.required("name", out.name);
  fields.rest(out.unknown);
}

void write_value(json::Value& out, const LocalRef& in) {
  FieldWriter fields(out, in.unknown);
  fields.always("name", in.name);
}

void read_value(const Reader& at, ObjectRef& out) {
  FieldReader fields(at);
  fields.required("name", out.name);
  fields.optional("namespace", out.namespace_);
  fields.rest(out.unknown);
}

void write_value(json::Value& out, const ObjectRef& in) {
  FieldWriter fields(out, in.unknown);
  fields.always("name", in.name);
  fields.set("namespace", in.namespace_);
}

void read_value(const Reader& at, LabelSelector& out) {
  FieldReader fields(at);
  fields.required("matchLabels", out.match_labels);
  fields.rest(out.unknown);
}

void write_value(json::Value& out, const LabelSelector& in) {
  FieldWriter fields(out, in.unknown);
  fields.always("matchLabels", in.match_labels);
}

void read_value(const Reader& at, Toleration& out) {
  FieldReader fields(at);
  fields.optional("key", out.key);
  fields.optional("operator", out.operator_);
  fields.optional("value", out.value);
  fields.optional("effect", out.effect);
  fields.optional("tolerationSeconds", out.toleration_seconds);
  fields.rest(out.unknown);
}

void write_value(json::Value& out, const Toleration& in) {
  FieldWriter fields(out, in.unknown);
  fields.set("key", in.key);
  fields.always("operator", in.operator_);
  fields.set("value", in.value);
  fields.set("effect", in.effect);
  fields.set("tolerationSeconds", in.toleration_seconds);
}

}  // namespace penstock::crd
