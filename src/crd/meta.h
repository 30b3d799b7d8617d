#pragma once
// What every object carries: names, labels, owners, conditions, references. Shapes shared by all
// kinds. Knows nothing of any one kind.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crd/raw_value.h"

namespace penstock::crd {

inline constexpr std::string_view kGroup = "penstock.dev";
inline constexpr std::string_view kApiVersion = "penstock.dev/v1alpha1";

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  std::optional<bool> controller;
  std::optional<bool> block_owner_deletion;
  RawValue unknown;
  friend bool operator==(const OwnerReference&, const OwnerReference&) = default;
};

struct ObjectMeta {
  std::string name;
  std::string namespace_;  ///< empty for cluster-scoped objects
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<OwnerReference> owner_references;
  std::vector<std::string> finalizers;
  std::optional<WallTime> creation_timestamp;
  std::optional<WallTime> deletion_timestamp;
  RawValue unknown;  ///< managedFields and the like
  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;

  /// "namespace/name", or the name alone.
  [[nodiscard]] std::string full_name() const;
};

/// metav1.Condition.
struct Condition {
  std::string type;
  std::string status;  ///< "True", "False", "Unknown"
  std::optional<std::int64_t> observed_generation;
  WallTime last_transition_time{};
  std::string reason;
  std::string message;
  RawValue unknown;
  friend bool operator==(const Condition&, const Condition&) = default;
};

/// A key in a Secret of the same namespace.
struct SecretKeyRef {
  std::string name;
  std::string key;
  RawValue unknown;
  friend bool operator==(const SecretKeyRef&, const SecretKeyRef&) = default;
};

/// An object of the same namespace.
struct LocalRef {
  std::string name;
  RawValue unknown;
  friend bool operator==(const LocalRef&, const LocalRef&) = default;
};

/// An object of this or another namespace.
struct ObjectRef {
  std::string name;
  std::optional<std::string> namespace_;  ///< absent: that of the referring object
  RawValue unknown;
  friend bool operator==(const ObjectRef&, const ObjectRef&) = default;
};

struct LabelSelector {
  std::map<std::string, std::string> match_labels;
  RawValue unknown;
  friend bool operator==(const LabelSelector&, const LabelSelector&) = default;

  [[nodiscard]] bool matches(const std::map<std::string, std::string>& labels) const;
};

struct Toleration {
  std::optional<std::string> key;
  std::string operator_ = "Equal";
  std::optional<std::string> value;
  std::optional<std::string> effect;
  std::optional<std::int64_t> toleration_seconds;
  RawValue unknown;
  friend bool operator==(const Toleration&, const Toleration&) = default;
};

class Reader;
void read_value(const Reader& at, OwnerReference& out);
void read_value(const Reader& at, ObjectMeta& out);
void read_value(const Reader& at, Condition& out);
void read_value(const Reader& at, SecretKeyRef& out);
void read_value(const Reader& at, LocalRef& out);
void read_value(const Reader& at, ObjectRef& out);
void read_value(const Reader& at, LabelSelector& out);
void read_value(const Reader& at, Toleration& out);
void write_value(json::Value& out, const OwnerReference& in);
void write_value(json::Value& out, const ObjectMeta& in);
void write_value(json::Value& out, const Condition& in);
void write_value(json::Value& out, const SecretKeyRef& in);
void write_value(json::Value& out, const LocalRef& in);
void write_value(json::Value& out, const ObjectRef& in);
void write_value(json::Value& out, const LabelSelector& in);
void write_value(json::Value& out, const Toleration& in);

}  // namespace penstock::crd
