#pragma once
// Everything a pass over one Consumer looks at, as plain data. Knows where facts come from
// (caches); judges nothing and writes nothing.

#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "controller/cache/caches.h"
#include "controller/snapshot/secret_store.h"
#include "crd/generated/consumer.h"
#include "kube/object.h"

namespace penstock::controller::consumer {

struct Input {
  crd::Consumer object;
  std::vector<crd::Consumer> rivals;  ///< other Consumers that name a Secret with an equal value
  snapshot::SecretStore secrets;      ///< those that any of them names
  WallTime now{};
};

/// Error kInvalid when the object does not have the shape that its CRD says.
[[nodiscard]] Result<Input> observe(const cache::Caches& caches, const kube::Object& object,
                                    WallTime now);

/// Consumers, `object` included, that name a Secret with a value that a Secret of `object` has too.
[[nodiscard]] std::vector<kube::Object> sharing_keys(const cache::Caches& caches,
                                                     const kube::Object& object);

/// The same for one Secret.
[[nodiscard]] std::vector<kube::Object> presenting(const cache::Caches& caches,
                                                   const kube::Object& secret);

}  // namespace penstock::controller::consumer
