#pragma once
// Whether one manifest may come into force, and the typed objects of those that did. Knows the
// kinds; keeps no state.

#include <vector>

#include "app/config/manifests.h"
#include "controller/snapshot/resources.h"

namespace penstock::app::standalone {

/// Our kinds by their schema and rules, Secrets by what is read of them. Other kinds are a
/// cluster's business and pass, unread.
[[nodiscard]] std::vector<config::Finding> judge(const config::ObjectKey& key,
                                                 const json::Value& value);

/// The typed objects. Everything in `manifests` has been judged before.
[[nodiscard]] controller::snapshot::Resources resources_of(const config::Manifests& manifests);

/// Kinds that a cluster would act on and standalone does not.
[[nodiscard]] bool is_ignored(const config::ObjectKey& key);

}  // namespace penstock::app::standalone
