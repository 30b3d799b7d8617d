#pragma once
// Everything a pass over one ModelRoute looks at, as plain data. Knows where facts come from
// (caches); judges nothing and writes nothing.

#include <map>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "controller/cache/caches.h"
#include "controller/snapshot/resources.h"
#include "kube/object.h"

namespace penstock::controller::modelroute {

struct Input {
  crd::ModelRoute object;
  /// What the route refers to, and what that refers to; nothing else.
  snapshot::Resources resources;
  WallTime now{};
};

/// `cluster_residency` is where engines of this cluster are. Error kInvalid when the object does
/// not have the shape that its CRD says.
[[nodiscard]] Result<Input> observe(const cache::Caches& caches, const kube::Object& object,
                                    const std::string& cluster_residency, WallTime now);

}  // namespace penstock::controller::modelroute
