#pragma once
// podTemplate: what a user says about pods beyond our fields, merged last over what we generate.
// Pure JSON; knows the lists of a pod that merge by a key, nothing of which kind asks.
//
// Maps merge field by field; null removes a field. These lists merge item by item, by their key:
// containers, initContainers, volumes, env, imagePullSecrets, resourceClaims (name), volumeMounts
// (mountPath), volumeDevices (devicePath), ports (containerPort), hostAliases (ip),
// topologySpreadConstraints (topologyKey). tolerations and envFrom are appended. Every other list
// is replaced. Directives ($patch, $setElementOrder) are ignored.

#include "json/value.h"

namespace penstock::controller::child {

/// `base` is a PodTemplateSpec and is changed in place. Labels that `base` has win over those of
/// `extra`: selectors depend on them.
void merge_pod_template(json::Value& base, const json::Value& extra);

}  // namespace penstock::controller::child
