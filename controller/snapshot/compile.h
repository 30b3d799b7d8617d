#pragma once
// From resources to what one gateway runs: pure, deterministic, total. Knows neither the API server
// nor files; the controller and standalone call the same function.
//
// A problem in one object leaves out that object (or the one backend, key or listener that it
// concerns) and nothing else. What cannot be done safely is not done: a deployment outside a
// route's residency, a model of another namespace without its consent, a front-door rule whose
// secret is missing (nobody passes).

#include <optional>
#include <string_view>

#include "controller/snapshot/problem.h"
#include "controller/snapshot/resources.h"
#include "gateway/snapshot/document.h"

namespace penstock::controller::snapshot {

struct Compiled {
  /// Absent when there is no such gateway. Equal inputs give equal documents; version is a hash of
  /// the content.
  std::optional<gateway::snapshot::Document> document;
  Problems problems;  ///< sorted, each once
};

/// `gateway` is "namespace/name". Cost: linear in all objects and references.
[[nodiscard]] Compiled compile(const Resources& resources, std::string_view gateway,
                               const Endpoints& endpoints);

}  // namespace penstock::controller::snapshot
