#pragma once
// Would the API server take this object? The same schema, the same rules, the same words, without a
// server. Pure; any thread. Used by `penstock validate`, by standalone mode and by the reconcilers.
//
//   for (const Violation& v : validate(object)) … v.path, v.message, v.remedy

#include "crd/violation.h"
#include "json/value.h"

namespace penstock::crd {

/// The kind comes from the object. Unknown fields are violations, as with `kubectl apply` (strict
/// field validation). Rules that compare with the old object run only when `old_object` is given.
/// An object of a group that is not ours gives one violation that says so.
[[nodiscard]] Violations validate(const json::Value& object,
                                  const json::Value* old_object = nullptr);

}  // namespace penstock::crd
