#pragma once
// Which other objects an object names, read from its JSON: for indexes. Knows the shape of
// references; knows no kind's meaning.

#include <map>
#include <string>
#include <vector>

#include "kube/object.h"

namespace penstock::controller::cache {

/// Names of Secrets of its own namespace: the "name" of every member that ends in "ecretRef".
[[nodiscard]] std::vector<std::string> secrets_of(const kube::Object& object);

/// The AcceleratorProfile of an engine.
[[nodiscard]] std::vector<std::string> profiles_of(const kube::Object& object);

/// One value, kAnyClient, for a ModelDeployment that runs on devices and has a fallback.
[[nodiscard]] std::vector<std::string> clients_of(const kube::Object& object);
inline constexpr std::string_view kAnyClient = "client";

/// "namespace/name" of everything that a ModelRoute may call: tiers, canary, mirrors, embeddings.
[[nodiscard]] std::vector<std::string> deployments_of(const kube::Object& route);

/// "namespace/name" of the gateways that a ModelRoute attaches to.
[[nodiscard]] std::vector<std::string> gateways_of(const kube::Object& route);

/// metadata.labels.
[[nodiscard]] std::map<std::string, std::string> labels_of(const kube::Object& object);

/// SHA-256 of every value of a Secret, as a gateway would compare it. Equal keys have equal
/// digests, and no key leaves here.
[[nodiscard]] std::vector<std::string> key_digests(const kube::Object& secret);

}  // namespace penstock::controller::cache
