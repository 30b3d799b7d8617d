#pragma once
// A piece of JSON that this build does not look into but must not lose: fields of a newer API
// version, and free-form fields such as podTemplate. Immutable and shared, so copies are cheap.

#include <memory>

#include "json/value.h"

namespace penstock::crd {

class RawValue {
 public:
  RawValue() = default;  ///< absent
  explicit RawValue(const json::Value& value);

  [[nodiscard]] bool has_value() const noexcept { return value_ != nullptr; }
  /// JSON null when absent.
  [[nodiscard]] const json::Value& value() const noexcept;

  /// By content.
  friend bool operator==(const RawValue& a, const RawValue& b) noexcept;

 private:
  std::shared_ptr<const json::Value> value_;
};

}  // namespace penstock::crd
