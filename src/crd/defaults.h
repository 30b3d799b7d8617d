#pragma once
// Fills in defaults as the API server does before it stores an object.

#include "crd/schema.h"
#include "json/value.h"

namespace penstock::crd {

/// Drops nulls (they count as absent) and adds the schema's defaults, inside objects that exist or
/// that have a default themselves. Leaves values of a wrong type alone.
void apply_defaults(json::Value& value, const Schema& schema);

}  // namespace penstock::crd
