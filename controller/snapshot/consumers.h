#pragma once
// Who may call: Consumers and the Secrets with their keys, as the snapshot wants them. Knows no
// route.

#include <vector>

#include "controller/snapshot/problem.h"
#include "controller/snapshot/secret_store.h"
#include "crd/generated/consumer.h"
#include "gateway/snapshot/document.h"

namespace penstock::controller::snapshot {

/// Fills in Document::{consumers,api_keys}, in the order of names. Keys leave here only as SHA-256.
/// A key that two consumers present belongs to the first, and the second is told.
void apply_consumers(const std::vector<crd::Consumer>& consumers, const SecretStore& secrets,
                     gateway::snapshot::Document& document, Problems& problems);

/// Interactive 100, Standard 0, Batch -100, or the number itself.
[[nodiscard]] std::int32_t priority_of(const crd::Consumer& consumer);

/// The key as clients send it: without the blanks and the newline that files and `echo` leave at
/// its ends.
[[nodiscard]] Secret usable_key(const Secret& stored);

}  // namespace penstock::controller::snapshot
