#pragma once
// What every pod of ours runs under: the Pod Security Standard "restricted". Pure JSON.
// Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/

#include <cstdint>

#include "json/value.h"

namespace penstock::controller::child {

/// Nobody: no file of a usual image belongs to it.
inline constexpr std::int64_t kUser = 65532;

/// Of the pod: not root, volumes writable for the group, RuntimeDefault seccomp.
[[nodiscard]] json::Value pod_security();

/// Of a container: no privilege escalation, no capabilities.
[[nodiscard]] json::Value container_security(bool read_only_root);

}  // namespace penstock::controller::child
