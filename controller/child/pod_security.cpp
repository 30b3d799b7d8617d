#include "controller/child/pod_security.h"

#include <nlohmann/json.hpp>

namespace penstock::controller::child {

json::Value pod_security() {
  return {{"runAsNonRoot", true},
          {"runAsUser", kUser},
          {"runAsGroup", kUser},
          {"fsGroup", kUser},
          {"fsGroupChangePolicy", "OnRootMismatch"},
          {"seccompProfile", {{"type", "RuntimeDefault"}}}};
}

json::Value container_security(bool read_only_root) {
  json::Value out = {{"allowPrivilegeEscalation", false},
                     {"capabilities", {{"drop", json::Value::array({"ALL"})}}}};
  if (read_only_root) {
    out["readOnlyRootFilesystem"] = true;
  }
  return out;
}

}  // namespace penstock::controller::child
