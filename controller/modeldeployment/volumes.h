#pragma once
// Where an engine keeps and finds files: cache, mounted sources, shared memory. Pure JSON.
//
// Without a shared cache each pod has a volume of its own that goes with it (a generic ephemeral
// volume, or plain node storage when no cache is asked for): a restarted container finds the
// weights again, and no rollout waits for a volume that another node holds.

#include "controller/modeldeployment/fit.h"
#include "crd/generated/model_deployment.h"
#include "json/value.h"

namespace penstock::controller::modeldeployment {

/// Adds volumes to the pod and their mounts to the container.
void add_volumes(const crd::ModelDeployment& object, const Fit& fit, json::Value& pod,
                 json::Value& container);

/// The engine downloads or compiles into its home: all but Penstock's own.
[[nodiscard]] bool needs_home(const crd::model_deployment::Engine& engine);

}  // namespace penstock::controller::modeldeployment
