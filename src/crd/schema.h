#pragma once
// A CRD's structural schema as constant tables, generated from crds/. Read by validate.cpp and the
// reference; holds no logic besides the compiled rules.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "crd/cel.h"

namespace penstock::crd {

struct Schema;

struct Property {
  std::string_view name;
  const Schema* schema;
};

/// One x-kubernetes-validations entry.
struct Rule {
  bool (*holds)(const cel::Node& self, const cel::Node& old_self);
  std::string (*message_of)(const cel::Node& self) = nullptr;  ///< messageExpression
  std::string_view message{};                                  ///< when there is no expression
  std::string_view field_path{};  ///< ".a.b" below the place of the rule, or empty
  bool is_transition = false;     ///< uses oldSelf
};

enum class SchemaType { kObject, kMap, kArray, kString, kInteger, kBoolean, kIntOrString, kAny };
enum class ListType { kAtomic, kSet, kMap };

inline constexpr std::int64_t kNoLimit = -1;

struct Schema {
  SchemaType type = SchemaType::kAny;
  std::string_view description{};  ///< first sentence
  std::string_view format{};
  std::string_view pattern{};
  std::string_view default_json{};  ///< empty: none
  std::span<const Property> properties{};
  const Schema* items = nullptr;  ///< of an array, or the values of a map
  std::span<const std::string_view> required{};
  std::span<const std::string_view> enumeration{};
  std::span<const std::string_view> list_map_keys{};
  ListType list_type = ListType::kAtomic;
  bool preserve_unknown = false;
  bool has_minimum = false;
  bool has_maximum = false;
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
  std::int64_t min_size = kNoLimit;  ///< minLength, minItems or minProperties, by type
  std::int64_t max_size = kNoLimit;
  std::span<const Rule> rules{};

  /// nullptr when there is no such property.
  [[nodiscard]] const Schema* property(std::string_view name) const {
    for (const Property& each : properties) {
      if (each.name == name) {
        return each.schema;
      }
    }
    return nullptr;
  }
};

struct KindInfo {
  std::string_view kind;
  std::string_view plural;
  bool namespaced;
  const Schema* schema;  ///< of the whole object
};

/// All kinds of penstock.dev/v1alpha1, by name. Generated.
[[nodiscard]] std::span<const KindInfo> all_kinds();
/// nullptr for any other kind.
[[nodiscard]] const KindInfo* find_kind(std::string_view kind);

}  // namespace penstock::crd
