#include "crd/raw_value.h"

#include <nlohmann/json.hpp>

namespace penstock::crd {

RawValue::RawValue(const json::Value& value) : value_(std::make_shared<const json::Value>(value)) {}

const json::Value& RawValue::value() const noexcept {
  static const json::Value null;
  return value_ ? *value_ : null;
}

bool operator==(const RawValue& a, const RawValue& b) noexcept {
  return a.value_ == b.value_ || (a.value_ && b.value_ && *a.value_ == *b.value_);
}

}  // namespace penstock::crd
