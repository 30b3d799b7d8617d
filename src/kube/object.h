#pragma once
// One API object as the server sent it: immutable, shared, nothing lost. Knows metadata; knows
// nothing of any kind's spec.
//
// Copying is a pointer copy; any thread may read. Unknown fields and 64-bit integers survive
// because the JSON itself is kept.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"
#include "kube/resource.h"

namespace penstock::kube {

class Object {
 public:
  Object();  ///< empty: all accessors give empty values
  explicit Object(json::Value value);

  [[nodiscard]] const json::Value& value() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return body_ == nullptr; }

  [[nodiscard]] const ObjectKey& key() const noexcept;
  [[nodiscard]] const std::string& name() const noexcept { return key().name; }
  [[nodiscard]] const std::string& name_space() const noexcept { return key().name_space; }
  [[nodiscard]] const std::string& uid() const noexcept;
  [[nodiscard]] const std::string& resource_version() const noexcept;
  [[nodiscard]] std::int64_t generation() const noexcept;
  [[nodiscard]] bool deleting() const noexcept;  ///< has a deletionTimestamp
  [[nodiscard]] std::optional<std::string> label(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> annotation(std::string_view name) const;

  /// UID and name of the owner with controller: true, if there is one.
  struct Owner {
    std::string api_version;
    std::string kind;
    std::string name;
    std::string uid;
  };
  [[nodiscard]] std::optional<Owner> controller_owner() const;

  /// The same bytes of JSON.
  friend bool operator==(const Object& a, const Object& b);

 private:
  struct Body;
  std::shared_ptr<const Body> body_;
};

/// Removes what no controller reads and what makes caches large: metadata.managedFields and
/// kubectl's last-applied-configuration.
void strip_bookkeeping(json::Value& object);

/// Compares two resourceVersions as the decimal numbers they are (KEP-5504): longer is larger. An
/// empty one is the smallest. Versions of different resources must not be compared.
[[nodiscard]] bool version_less(std::string_view a, std::string_view b) noexcept;

}  // namespace penstock::kube
