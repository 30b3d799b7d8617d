#pragma once
// The steps of validate(), in the order in which the API server takes them. Internal to src/crd.

#include "crd/place.h"
#include "crd/schema.h"
#include "crd/violation.h"
#include "json/value.h"

namespace penstock::crd {

/// apiVersion aside: names, labels, annotations.
void check_metadata(const json::Value& object, const KindInfo& kind, Violations& out);

/// Types, required fields, limits, patterns, enumerations, duplicates, unknown fields.
void check_schema(const json::Value& value, const Schema& schema, const Place& at, Violations& out);

/// CEL rules. `old_value` may be null: then rules that use oldSelf are left out.
void check_rules(const json::Value& value, const json::Value* old_value, const Schema& schema,
                 const Place& at, Violations& out);

/// A value as shown to a person, at most about 60 characters.
[[nodiscard]] std::string shown(const json::Value& value);

}  // namespace penstock::crd
