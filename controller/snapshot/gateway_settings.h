#pragma once
// The part of a snapshot that comes from the InferenceGateway itself: listeners, limits, CORS,
// front door. Knows no route and no consumer.

#include "controller/snapshot/problem.h"
#include "controller/snapshot/secret_store.h"
#include "crd/generated/inference_gateway.h"
#include "gateway/snapshot/document.h"

namespace penstock::controller::snapshot {

/// Fills in Document::{gateway,listeners,limits,cors,edge}. A listener whose certificate is missing
/// is left out; a front door whose secret is missing lets nobody in.
void apply_gateway_settings(const crd::InferenceGateway& gateway, const SecretStore& secrets,
                            gateway::snapshot::Document& document, Problems& problems);

}  // namespace penstock::controller::snapshot
